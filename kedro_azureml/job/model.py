"""A pipeline job as plain data.

Every model refuses unknown keys, because the Azure ML SDK sends or drops them silently. A step is
written in the nested form, ``component: {...}``, the only one that carries ``is_deterministic``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator

from kedro_azureml.job.expressions import is_binding
from kedro_azureml.job.references import is_local
from kedro_azureml.job.search import (
    MAX_TRIALS,
    EarlyTermination,
    Objective,
    Sampling,
    SamplingAlgorithm,
    SearchSpace,
    problem_of_search,
)
from kedro_azureml.job.step_record import StepRecord

PRIMITIVES = ("string", "number", "integer", "boolean")
Literal_: TypeAlias = str | bool | int | float
# A model is a folder, or a file, that becomes a model of the workspace when it is registered.
MODELS = ("mlflow_model", "custom_model")
DataType: TypeAlias = Literal["uri_file", "uri_folder", "mltable", "mlflow_model", "custom_model"]
# What pydantic puts into the place of a mistake in a step, and no document has.
COMMAND_TAG, SWEEP_TAG = "<command>", "<sweep>"
InputMode: TypeAlias = Literal["ro_mount", "download", "direct", "eval_mount", "eval_download"]


class Document(BaseModel):
    """Common behaviour of all parts: immutable, strict about keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, defer_build=True)


class Input(Document):
    """An input of a component, of a step or of the pipeline.

    A component's input has a type and perhaps a default; a pipeline's data input has a path too.
    """

    type: DataType | Literal["string", "number", "integer", "boolean"]
    path: str | None = None
    mode: InputMode | None = None
    default: Literal_ | None = None
    optional: bool | None = None
    description: str | None = None
    value: Literal_ | None = None

    @property
    def is_data(self) -> bool:
        """Whether the input is a file or folder rather than a literal."""
        return self.type not in PRIMITIVES


class Output(Document):
    """An output of a component, of a step or of the pipeline."""

    type: DataType = "uri_folder"
    mode: Literal["rw_mount", "upload"] | None = None
    path: str | None = None
    name: str | None = None
    version: str | None = None
    description: str | None = None


class BoundInput(Document):
    """A step's input bound to a source with a mode: the long form of ``${{parent...}}``."""

    path: str
    type: DataType | None = None
    mode: InputMode | None = None

    @property
    def is_local(self) -> bool:
        """Whether the source is this machine's, and not the pipeline or another step."""
        return not is_binding(self.path) and is_local(self.path)


class Resources(Document):
    """How many machines of which kind, https://aka.ms/azureml reference-yaml-job-command."""

    instance_count: Annotated[int, Field(ge=1)] | None = None
    instance_type: str | None = None
    shm_size: str | None = None
    docker_args: str | None = None
    properties: dict[str, Any] | None = None


class Distribution(Document):
    """How a distributed step starts its processes (reference-yaml-job-command).

    PyTorch and MPI count processes an instance (1 unless said), TensorFlow its workers (as many as
    instances unless said) and parameter servers.
    """

    type: Literal["pytorch", "mpi", "tensorflow", "ray"]
    process_count_per_instance: Annotated[int, Field(ge=1)] | None = None
    worker_count: Annotated[int, Field(ge=1)] | None = None
    parameter_server_count: Annotated[int, Field(ge=0)] | None = None


class Limits(Document):
    """``timeout`` is in seconds; the service then cancels the step."""

    timeout: Annotated[int, Field(ge=1)] | None = None


class Component(Document):
    """What a step runs.

    Attributes:
        reference: A component of the workspace, ``azureml:NAME:VERSION``, of which nothing else is
            known. A document has it in the component's place.
    """

    reference: str | None = None
    type: Literal["command"] = "command"
    display_name: str | None = None
    description: str | None = None
    is_deterministic: bool | None = None
    command: str
    code: str | None = None
    environment: str | dict[str, Any] | None = None
    inputs: dict[str, Input] = {}
    outputs: dict[str, Output] = {}
    resources: Resources | None = None
    distribution: Distribution | None = None

    def record(self) -> StepRecord | None:
        """Return what the command runs; None when that is no step of this package."""
        return StepRecord.from_command(self.command, self.code)

    @model_validator(mode="before")
    @classmethod
    def _of_a_reference(cls, data: Any) -> Any:
        return {"reference": data, "command": ""} if isinstance(data, str) else data


class Step(Document):
    """One node of the graph: a component, where it runs, and what it is bound to."""

    type: Literal["command", "sweep"] = "command"
    display_name: str | None = None
    comment: str | None = None
    component: Component
    compute: str | None = None
    inputs: dict[str, Literal_ | BoundInput] = {}
    outputs: dict[str, str | Output] = {}
    environment_variables: dict[str, str] = {}
    limits: Limits | None = None
    identity: dict[str, Any] | None = None
    queue_settings: dict[str, Any] | None = None
    resources: Resources | None = None
    tags: dict[str, str] = {}
    properties: dict[str, str] = {}

    @property
    def variables(self) -> dict[str, str]:
        """The variables that its command sees."""
        return self.environment_variables

    def with_variables(self, more: Mapping[str, str]) -> Step:
        """Return a step whose command sees more variables; those that it has stay as they are."""
        return self.model_copy(update={"environment_variables": {**more, **self.variables}})


class SweepLimits(Limits):
    """How many trials there are; `timeout` is that of all of them together, in seconds."""

    max_total_trials: Annotated[int, Field(ge=1, le=MAX_TRIALS)]
    max_concurrent_trials: Annotated[int, Field(ge=1, le=MAX_TRIALS)] | None = None
    trial_timeout: Annotated[int, Field(ge=1)] | None = None


class SweepStep(Step):
    """A step that runs its component once for each trial, and has the best one's outputs.

    Azure ML drops its identity and its variables: docs/architecture/azureml-capabilities.md,
    section 2. So what its command is to see is part of the command.
    """

    # Of its own name the SDK knows nothing.
    model_config = ConfigDict(populate_by_name=False)

    type: Literal["sweep"] = "sweep"
    component: Component = Field(alias="trial")
    sampling_algorithm: SamplingAlgorithm
    search_space: Annotated[dict[str, SearchSpace], Field(min_length=1)]
    objective: Objective
    limits: SweepLimits
    early_termination: EarlyTermination | None = None

    @model_validator(mode="after")
    def _consistent(self) -> SweepStep:
        record = self.component.record()
        if self.identity is not None or self.environment_variables:
            raise ValueError("Azure ML drops identity and environment_variables of a sweep step")
        if self.component.distribution is not None:
            raise ValueError("a trial of several processes is not supported")
        if record is not None and record.storage:
            raise ValueError("trials would write over one another's data in temporary storage")
        inputs = self.component.inputs
        if problem := problem_of_search(self.search_space, self.sampling, inputs, self.inputs):
            raise ValueError(problem)
        return self

    @property
    def sampling(self) -> Sampling:
        """How values are drawn."""
        algorithm = self.sampling_algorithm
        return algorithm if isinstance(algorithm, str) else algorithm.type

    @property
    def trials(self) -> int:
        """How many trials there are at most."""
        most = self.limits.max_total_trials
        combinations = math.prod(space.size for space in self.search_space.values())
        return int(min(most, combinations)) if self.sampling == "grid" else most

    @property
    def variables(self) -> dict[str, str]:
        """The variables that its command sets."""
        record = self.component.record()
        return dict(record.environment) if record else {}

    def with_variables(self, more: Mapping[str, str]) -> SweepStep:
        """Return a step whose command sets more variables; see `Step.with_variables`."""
        record = self.component.record()
        if record is None:
            return self
        command = replace(record, environment={**more, **record.environment}).command()
        component = self.component.model_copy(update={"command": command})
        return self.model_copy(update={"component": component})


def _kind_of_step(step: Any) -> str:
    kind = step.get("type", "command") if isinstance(step, dict) else getattr(step, "type", None)
    return SWEEP_TAG if kind == "sweep" else COMMAND_TAG


AnyStep: TypeAlias = Annotated[
    Annotated[Step, Tag(COMMAND_TAG)] | Annotated[SweepStep, Tag(SWEEP_TAG)],
    Discriminator(_kind_of_step),
]


class Settings(Document):
    """Pipeline-wide settings."""

    default_compute: str | None = None
    default_datastore: str | None = None
    # The service's documented default: docs/architecture/azureml-contracts.md#orchestration
    continue_on_step_failure: bool | None = None
    force_rerun: bool | None = None


class PipelineJob(Document):
    """The whole document."""

    schema_: str | None = Field(default=None, alias="$schema")
    type: Literal["pipeline"] = "pipeline"
    name: str | None = None
    display_name: str | None = None
    experiment_name: str | None = None
    description: str | None = None
    tags: dict[str, str] = {}
    properties: dict[str, str] = {}
    settings: Settings = Settings()
    inputs: dict[str, Literal_ | Input] = {}
    outputs: dict[str, Output] = {}
    jobs: dict[str, AnyStep]

    def step_records(self) -> dict[str, StepRecord | None]:
        """Return what each step runs; None for a command that is not of this package."""
        return {name: step.component.record() for name, step in self.jobs.items()}

    def first_record(self) -> StepRecord | None:
        """Return what one step runs; environment and parameters are the same in each of a job."""
        return next(filter(None, self.step_records().values()), None)

    @model_validator(mode="before")
    @classmethod
    def _default_compute(cls, data: Any) -> Any:
        # `compute:` at the top is the CLI's other spelling of settings.default_compute.
        if isinstance(data, dict) and "compute" in data:
            data = dict(data)
            settings = dict(data.get("settings") or {})
            settings.setdefault("default_compute", data.pop("compute"))
            data["settings"] = settings
        return data
