"""What happened in a rehearsal, as data and as ``report.json``.

The file is rewritten whole, and atomically, whenever something changes, so that it is true at every
moment, also after this process was killed.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Literal

from kedro_azureml.rehearsal.processes.identity import start_time

# Those of Azure ML's own words (docs/architecture/azureml-contracts.md#orchestration) that can
# occur here.
Status = Literal["NotStarted", "Running", "CancelRequested", "Completed", "Failed", "Canceled"]
ENDED: frozenset[Status] = frozenset({"Completed", "Failed", "Canceled"})

REPORT_FILE = "report.json"
_FORMAT = 1


@dataclass(frozen=True)
class OutputReport:
    """One output folder or file of a step.

    Attributes:
        step: The step that wrote it.
        name: The output's name.
        path: Where it lies.
        final: Whether no step of the job reads it, or it is an output of the pipeline.
        dataset: The Kedro dataset, if its manifest names one.
        kind: ``local``, ``object`` or ``remote``, if there is a manifest.
        files: The manifest's files: relative path to size.
        appends: Whether the dataset adds to its file, of which this is only the new part.
        stored: The address of the container and the key in it, if it is in temporary storage.
    """

    step: str
    name: str
    path: Path
    final: bool
    dataset: str | None = None
    kind: str | None = None
    files: Mapping[str, int] = field(default_factory=dict)
    appends: bool = False
    stored: tuple[str, str] | None = None


@dataclass
class StepReport:
    """One step: what became of it.

    Attributes:
        name: The step.
        log: Its log, which exists once it was started; of several processes that of the first, or
            of the one that failed.
        logs: The logs of all its processes, where there are several.
        status: In Azure ML's words.
        started: When it became due and started.
        ended: When it had ended, its outputs collected.
        exit_code: The process's, if it ended by itself or by a signal (then negative).
        reason: Why it failed, was canceled or never started.
        timed_out: Whether it was canceled because of its own limit.
        warnings: What Azure ML would do differently.
        outputs: What it wrote.
    """

    name: str
    log: Path
    status: Status = "NotStarted"
    started: datetime | None = None
    ended: datetime | None = None
    exit_code: int | None = None
    reason: str | None = None
    timed_out: bool = False
    warnings: list[str] = field(default_factory=list)
    outputs: list[OutputReport] = field(default_factory=list)
    logs: tuple[Path, ...] = ()

    @property
    def at_fault(self) -> bool:
        """Whether it is itself why the job did not complete."""
        return self.status == "Failed" or (self.status == "Canceled" and self.timed_out)

    @property
    def seconds(self) -> float | None:
        """How long it ran, or has been running."""
        if self.started is None:
            return None
        return ((self.ended or now()) - self.started).total_seconds()


@dataclass
class RunReport:
    """A whole rehearsal.

    Attributes:
        run_id: The name of its folder.
        folder: Its folder.
        pipeline: The job's name.
        source: The document or project that was rehearsed.
        steps: By name, in the order in which they can run.
        status: In Azure ML's words.
        started: When the rehearsal began.
        ended: When it was over.
        bytes: How much its folder held then.
    """

    run_id: str
    folder: Path
    pipeline: str
    source: str
    steps: dict[str, StepReport]
    status: Status = "Running"
    started: datetime = field(default_factory=lambda: now())
    ended: datetime | None = None
    bytes: int | None = None

    @property
    def seconds(self) -> float:
        """How long it took, or has taken."""
        return ((self.ended or now()) - self.started).total_seconds()

    @property
    def outputs(self) -> list[OutputReport]:
        """What all steps wrote."""
        return [output for step in self.steps.values() for output in step.outputs]

    def count(self, *statuses: Status) -> int:
        """How many steps have one of the statuses."""
        return sum(step.status in statuses for step in self.steps.values())

    def save(self) -> None:
        """Replace ``report.json``.

        A full disk is no reason to lose the rehearsal: the steps have files of their own to fail
        on. The report is then written over the old one, where there is room for it.
        """
        text = json.dumps(self._as_data(), indent=1, ensure_ascii=False) + "\n"
        data = text.encode("utf-8", "backslashreplace")
        target, partial = self.folder / REPORT_FILE, self.folder / f".{REPORT_FILE}.part"
        try:
            partial.write_bytes(data)
            partial.replace(target)
        except OSError:
            with contextlib.suppress(OSError):
                partial.unlink()
            with contextlib.suppress(OSError):
                _overwrite(target, data)

    def _as_data(self) -> dict[str, Any]:
        return {
            "version": _FORMAT,
            "run_id": self.run_id,
            "pipeline": self.pipeline,
            "source": self.source,
            "status": self.status,
            "started": _time(self.started),
            "ended": _time(self.ended),
            "process": os.getpid(),
            "process_started": start_time(os.getpid()),
            "bytes": self.bytes,
            "steps": {name: self._step_data(step) for name, step in self.steps.items()},
        }

    def _step_data(self, step: StepReport) -> dict[str, Any]:
        return {
            "status": step.status,
            "started": _time(step.started),
            "ended": _time(step.ended),
            "seconds": None if step.ended is None else step.seconds,
            "exit_code": step.exit_code,
            "reason": step.reason,
            "log": self._relative(step.log),
            **({"logs": [self._relative(log) for log in step.logs]} if step.logs else {}),
            "warnings": step.warnings,
            "outputs": {
                output.name: {
                    "path": self._relative(output.path),
                    "dataset": output.dataset,
                    "kind": output.kind,
                    "final": output.final,
                }
                for output in step.outputs
            },
        }

    def _relative(self, path: Path) -> str:
        return path.relative_to(self.folder).as_posix()


def _overwrite(target: Path, data: bytes) -> None:
    """Write a file anew in the blocks that it has, if they are enough."""
    if target.stat().st_blocks * 512 >= len(data):
        with target.open("r+b") as file:
            file.write(data)
            file.truncate()


def now() -> datetime:
    """The present, in UTC."""
    return datetime.now(timezone.utc)


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="milliseconds")
