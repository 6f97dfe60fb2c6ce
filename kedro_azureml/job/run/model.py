"""What a run of a job is doing, step by step: the same model for a rehearsal and for Azure ML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path, PurePosixPath
from typing import Literal, get_args

from kedro_azureml.job.export import Export
from kedro_azureml.job.run.failure import Failure
from kedro_azureml.job.sweep import labelled

# Azure ML's words, for jobs and for steps:
# https://learn.microsoft.com/javascript/api/@azure/arm-machinelearning/knownjobstatus
RunStatus = Literal[
    "NotStarted",
    "Starting",
    "Provisioning",
    "Preparing",
    "Queued",
    "Running",
    "Finalizing",
    "CancelRequested",
    "Canceled",
    "Completed",
    "Failed",
    "NotResponding",
    "Paused",
    "Unknown",
]
STATUSES: frozenset[RunStatus] = frozenset(get_args(RunStatus))
ENDED: frozenset[RunStatus] = frozenset({"Completed", "Failed", "Canceled"})
# azure-ai-ml takes these for ends too (RunHistoryConstants.TERMINAL_STATUSES), but what has one of
# them may go on.
STALLED: frozenset[RunStatus] = frozenset({"NotResponding", "Paused"})
# A step with one of these is a reason why its run did not complete.
AT_FAULT: frozenset[RunStatus] = frozenset({"Failed", "NotResponding"})
# The command of the step has begun, and the step has not ended.
RUNNING: frozenset[RunStatus] = frozenset({"Running", "Finalizing"})


def run_status(word: object) -> RunStatus:
    """Return the status that a service's word stands for, `Unknown` for a word of no meaning."""
    return next((status for status in STATUSES if status == word), "Unknown")


@dataclass(frozen=True)
class RunOutput:
    """One output of a step, which lies on this machine.

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
        root: Of a publication, which holds the dataset's files alone: what lies at `path`, relative
            to the project. None where `path` holds the project's folders too.
        combination: The values of a sweep's parameters that it is for, if its step is a copy.
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
    root: str | None = None
    combination: str | None = None

    @property
    def label(self) -> str:
        """What people call it: its dataset, with the values that it is for."""
        return labelled(self.dataset or f"{self.step}.{self.name}", self.combination)

    def file(self, name: str) -> Path:
        """Return where one of `files` lies.

        Raises:
            ValueError: Not where the publication says.
        """
        if self.root is None:
            return self.path / name
        return self.path / PurePosixPath(name).relative_to(self.root)


@dataclass(frozen=True)
class RegisteredOutput:
    """An output that Azure ML registers in the workspace.

    Attributes:
        name: The name of the data asset, or of the model.
        type: In Azure ML's words, if it is known.
        step: The step that writes it.
        output: The output's name.
        dataset: The Kedro dataset, if it is known.
    """

    name: str
    type: str | None
    step: str
    output: str
    dataset: str | None = None


@dataclass(frozen=True)
class RunTrial:
    """One trial of a sweep step, and how it stands.

    Attributes:
        name: What it is called: its number in a rehearsal.
        status: In Azure ML's words.
        parameters: The values that it has, by parameter; none if they are not known.
        metric: What it has logged, if it has, and if that is known.
        best: Whether its outputs are those of the step.
        started: When its command began.
        ended: When it had ended.
        reason: Why it failed or was canceled.
        log: Its log on this machine.
        run: What Azure ML calls its run.
    """

    name: str
    status: RunStatus = "NotStarted"
    parameters: Mapping[str, str] = field(default_factory=dict)
    metric: float | None = None
    best: bool = False
    started: datetime | None = None
    ended: datetime | None = None
    reason: str | None = None
    log: Path | None = None
    run: str | None = None

    @property
    def seconds(self) -> float | None:
        """How long it ran, or has been running."""
        return seconds_between(self.started, self.ended)


@dataclass(frozen=True)
class RunTuning:
    """The trials of a sweep step.

    Attributes:
        metric: What they log.
        goal: ``maximize`` or ``minimize``.
        trials: The trials, in the order of their numbers.
    """

    metric: str
    goal: str
    trials: tuple[RunTrial, ...]

    @property
    def telling(self) -> RunTrial | None:
        """The trial that tells most of the step: the best, else the first that failed."""
        best = [trial for trial in self.trials if trial.best]
        failed = [trial for trial in self.trials if trial.status == "Failed"]
        return next(iter([*best, *failed, *self.trials]), None)


@dataclass
class RunStep:
    """One step of a run, and how it stands.

    Attributes:
        name: Its name in the document.
        status: In Azure ML's words.
        nodes: Its Kedro nodes, if they are known.
        compute: Where it runs, if that is known.
        started: When its command began.
        ended: When it had ended, its outputs collected.
        exit_code: The exit code of its process, negative for a signal, if it is known.
        reason: Why it failed, was canceled or never started.
        failure: Why it failed, as the step itself knew it.
        timed_out: Whether it was canceled because of its own limit.
        warnings: What Azure ML would do differently.
        outputs: What it wrote, if that is on this machine.
        log: Its log on this machine; of several processes that of the first, or of the one that
            failed. It exists once the step was started.
        logs: The logs of all its processes, where there are several.
        tuning: Its trials, if it is a sweep step.
        run: What Azure ML calls the step's run.
        address: Where the Studio shows it.
        combination: The values of a sweep's parameters that it is a copy for, if it is one.
    """

    name: str
    status: RunStatus = "NotStarted"
    nodes: tuple[str, ...] = ()
    compute: str | None = None
    started: datetime | None = None
    ended: datetime | None = None
    exit_code: int | None = None
    reason: str | None = None
    failure: Failure | None = None
    timed_out: bool = False
    warnings: list[str] = field(default_factory=list)
    outputs: list[RunOutput] = field(default_factory=list)
    log: Path | None = None
    logs: tuple[Path, ...] = ()
    tuning: RunTuning | None = None
    run: str | None = None
    address: str | None = None
    combination: str | None = None

    @property
    def at_fault(self) -> bool:
        """Whether it is itself why the run did not complete."""
        return self.status in AT_FAULT or (self.status == "Canceled" and self.timed_out)

    @property
    def seconds(self) -> float | None:
        """How long it ran, or has been running."""
        return seconds_between(self.started, self.ended)


@dataclass(kw_only=True)
class Run:
    """A run of a pipeline job.

    Attributes:
        name: What Azure ML calls it; of a rehearsal, the name of its folder.
        status: In Azure ML's words.
        steps: By name, in the order in which they can run; empty in a list of runs.
        pipeline: The Kedro pipeline; of a rehearsal, the display name of the job.
        display_name: What the Studio calls it.
        experiment: Its experiment.
        created: When it was submitted.
        started: When its first step could begin.
        ended: When it was over.
        reason: Why it failed.
        address: Where the Studio shows it.
        folder: Where it lies on this machine, if it is a rehearsal.
        assets: What becomes of it in the workspace; of a rehearsal, what would.
        export: Where its results are put together; of a rehearsal, where they would be.
        mlflow: The address of the store in which its steps logged, if that is on this machine.
    """

    name: str
    status: RunStatus
    steps: dict[str, RunStep] = field(default_factory=dict)
    pipeline: str | None = None
    display_name: str | None = None
    experiment: str | None = None
    created: datetime | None = None
    started: datetime | None = None
    ended: datetime | None = None
    reason: str | None = None
    address: str | None = None
    folder: Path | None = None
    assets: tuple[RegisteredOutput, ...] = ()
    export: Export | None = None
    mlflow: str | None = None

    @property
    def seconds(self) -> float | None:
        """How long it took, or has taken."""
        return seconds_between(self.started, self.ended)

    @property
    def outputs(self) -> list[RunOutput]:
        """What all steps wrote, as far as it is on this machine."""
        return [output for step in self.steps.values() for output in step.outputs]

    @property
    def is_over(self) -> bool:
        """Whether nothing more happens."""
        return self.status in ENDED

    def count(self, *statuses: RunStatus) -> int:
        """Return how many steps have one of the statuses."""
        return sum(step.status in statuses for step in self.steps.values())


def now() -> datetime:
    """Return the present, in UTC."""
    return datetime.now(timezone.utc)


def seconds_between(started: datetime | None, ended: datetime | None) -> float | None:
    """Return the seconds from one moment to another, or to the present; None without a start."""
    if started is None:
        return None
    return max(0.0, (_aware(ended or now()) - _aware(started)).total_seconds())


def _aware(moment: datetime) -> datetime:
    # Some answers of run history carry no time zone; they mean UTC.
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
