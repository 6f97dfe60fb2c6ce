"""What a step of a rehearsal posts to the scheduler."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kedro_azureml.job.run.failure import Failure
from kedro_azureml.job.run.model import RunOutput, RunStatus, RunTuning


@dataclass(frozen=True)
class Started:
    """A step's command begins."""

    step: str


@dataclass(frozen=True)
class Ended:
    """A step has ended, or was never needed (`status` is then ``NotStarted``).

    `failed_log` is the log of the process that failed first, where there are several, and `failure`
    is what the step itself says of its failure.
    """

    step: str
    status: RunStatus
    exit_code: int | None = None
    reason: str | None = None
    warnings: tuple[str, ...] = ()
    outputs: tuple[RunOutput, ...] = ()
    failed_log: Path | None = None
    failure: Failure | None = None
    tuning: RunTuning | None = None


@dataclass(frozen=True)
class TrialChanged:
    """A trial of a step has begun or ended; `message` is worth a line, if there is one."""

    step: str
    tuning: RunTuning
    message: str | None = None


Event = Started | Ended | TrialChanged
