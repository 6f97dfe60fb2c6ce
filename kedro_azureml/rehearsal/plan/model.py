"""What a rehearsal will do: a pipeline job with every binding resolved, or what is wrong with it.

Nothing is run and nothing is written here. Azure ML checks some of this on the client, some in the
service and some never; a rehearsal checks all of it before the first step starts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from kedro_azureml.formatting import count
from kedro_azureml.job.model import DataType
from kedro_azureml.job.search import Goal
from kedro_azureml.job.step_record import StepRecord

# Trials of a step that are rehearsed: a search of hundreds belongs on Azure ML.
MAX_TRIALS = 50


@dataclass(frozen=True)
class Upstream:
    """The output of another step."""

    step: str
    output: str


@dataclass(frozen=True)
class LocalData:
    """A file or folder of this machine that Azure ML would upload.

    Attributes:
        key: The name of its copy, which several steps may share.
        path: Where it is.
    """

    key: str
    path: Path


@dataclass(frozen=True)
class PlannedInput:
    """One input of a step.

    Attributes:
        name: Its name.
        source: A literal as text, data, or None when an optional input has no value.
        type: Whether the data is a file or a folder; None for a literal.
        declared: Azure ML's type.
        optional: Whether the step can do without.
        read_only: Whether the data is mounted (read-only) rather than downloaded.
    """

    name: str
    source: str | Upstream | LocalData | None
    type: Literal["uri_file", "uri_folder"] | None = None
    declared: str = "string"
    optional: bool = False
    read_only: bool = True


@dataclass(frozen=True)
class PlannedOutput:
    """One output of a step.

    Attributes:
        name: Its name.
        type: A file or a folder.
        upload: Whether it reaches storage only at the end of a step that succeeded.
    """

    name: str
    type: DataType = "uri_folder"
    upload: bool = False


DistributionType = Literal["pytorch", "tensorflow", "mpi"]


@dataclass(frozen=True)
class PlannedDistribution:
    """The processes of a distributed step.

    Attributes:
        type: What starts them.
        nodes: On how many machines.
        workers: How many in all, without parameter servers.
        parameter_servers: How many of those, TensorFlow's, besides.
    """

    type: DistributionType
    nodes: int
    workers: int
    parameter_servers: int = 0

    @property
    def processes(self) -> int:
        """All of them."""
        return self.workers + self.parameter_servers

    def __str__(self) -> str:
        servers = f" and {self.parameter_servers} ps" if self.parameter_servers else ""
        return (
            f"{self.type}: {count(self.workers, 'worker')}{servers} on {count(self.nodes, 'node')}"
        )


@dataclass(frozen=True)
class PlannedTrial:
    """One trial of a sweep step.

    Attributes:
        number: Its number, from 0.
        inputs: The inputs that are its own, as text.
        parameters: The same for people: by the parameter's name, where that is known.
    """

    number: int
    inputs: Mapping[str, str]
    parameters: Mapping[str, str]


def name_of_trial(step: str, trial: str) -> str:
    """Return what a trial is called among steps; its folder too."""
    return f"{step}/trials/{trial}"


@dataclass(frozen=True)
class PlannedTuning:
    """The trials of a sweep step, and which of them is best.

    Attributes:
        metric: What they log.
        goal: Which value of it is best.
        trials: The trials.
        at_once: How many of them run at once; None for all.
        trial_timeout: Seconds until a trial is canceled; None for no limit.
        notices: What Azure ML does differently.
    """

    metric: str
    goal: Goal
    trials: tuple[PlannedTrial, ...]
    at_once: int | None = None
    trial_timeout: int | None = None
    notices: tuple[str, ...] = ()

    @property
    def most_at_once(self) -> int:
        """How many trials run at once, if the machine lets them."""
        return min(len(self.trials), self.at_once or len(self.trials))


@dataclass(frozen=True)
class PlannedStep:
    """One step.

    Attributes:
        name: Its key in the document.
        command: The component's command, expressions and all.
        record: What that command says, if it runs a step of this package.
        code: The folder that is its snapshot; None when the code is in the image.
        inputs: Its inputs by name.
        outputs: Its outputs by name.
        environment: The variables that the document sets.
        timeout: Seconds until it is canceled; None for no limit.
        distribution: Its processes, if it is distributed.
        tuning: Its trials, if it is a sweep step.
        combination: The values of a sweep's parameters that it is a copy for, if it is one.
    """

    name: str
    command: str
    code: Path | None
    inputs: Mapping[str, PlannedInput]
    outputs: Mapping[str, PlannedOutput]
    environment: Mapping[str, str]
    timeout: int | None = None
    distribution: PlannedDistribution | None = None
    record: StepRecord | None = None
    tuning: PlannedTuning | None = None
    combination: str | None = None

    @property
    def processes(self) -> int:
        """How many processes run its command."""
        return self.distribution.processes if self.distribution else 1

    @property
    def optional_inputs(self) -> frozenset[str]:
        """Names of the inputs that the step can do without."""
        return frozenset(i.name for i in self.inputs.values() if i.optional)

    def trial(self, trial: PlannedTrial) -> PlannedStep:
        """Return one trial of a sweep step as a step of its own."""
        own = {name: replace(self.inputs[name], source=text) for name, text in trial.inputs.items()}
        return replace(
            self,
            name=name_of_trial(self.name, str(trial.number)),
            inputs={**self.inputs, **own},
            timeout=None,
            tuning=None,
        )

    def trials(self) -> list[PlannedStep]:
        """Return all trials of a sweep step."""
        return [self.trial(trial) for trial in self.tuning.trials] if self.tuning else []

    def upstream(self) -> Iterator[tuple[PlannedInput, Upstream]]:
        """Yield the inputs that come from other steps."""
        for planned in self.inputs.values():
            if isinstance(planned.source, Upstream):
                yield planned, planned.source

    def needs(self) -> frozenset[str]:
        """Return the names of the steps that must end before this one starts."""
        return frozenset(source.step for _, source in self.upstream())


@dataclass(frozen=True)
class Plan:
    """A whole job.

    Attributes:
        name: What people call it.
        experiment: The experiment's name.
        steps: By name, each after the steps that it needs.
        outputs: Each output of the pipeline, and the step's output that it is.
        continue_on_step_failure: Whether independent steps go on after a failure.
    """

    name: str
    experiment: str
    steps: Mapping[str, PlannedStep]
    outputs: Mapping[str, Upstream]
    continue_on_step_failure: bool

    def commands(self) -> Iterator[PlannedStep]:
        """Yield each step, and each trial in the place of a sweep step."""
        for step in self.steps.values():
            yield from step.trials() if step.tuning else (step,)

    def consumed(self) -> frozenset[Upstream]:
        """Return the outputs that some step reads, but for one that only puts them together."""
        return frozenset(
            source
            for step in self.steps.values()
            if step.record is None or step.record.export is None
            for _, source in step.upstream()
        )

    def final_outputs(self) -> dict[str, tuple[str, ...]]:
        """Return each step's outputs that no other step reads or that leave the pipeline."""
        consumed = {(source.step, source.output) for source in self.consumed()}
        of_pipeline = {(source.step, source.output) for source in self.outputs.values()}
        return {
            step.name: tuple(
                name
                for name in step.outputs
                if (step.name, name) in of_pipeline or (step.name, name) not in consumed
            )
            for step in self.steps.values()
        }
