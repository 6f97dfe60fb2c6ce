"""``azure.jobs`` of azureml.yml: jobs that are asked for by name."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, Field, field_validator

from kedro_azureml.config.models import values
from kedro_azureml.config.models.export import ExportConfig
from kedro_azureml.config.models.grouping import GroupingConfig
from kedro_azureml.config.models.section import Section, Text
from kedro_azureml.config.models.sweep import SweepConfig
from kedro_azureml.config.models.tune import TuneConfig
from kedro_azureml.job.parameter_inputs import written

# docs/architecture/azureml-contracts.md#limits
_LONGEST_NAME = 255
_LONGEST_DESCRIPTION = 5_000

Names = list[Text]


class SliceConfig(Section):
    """A part of a pipeline, in Kedro's own words."""

    tags: Names = Field(default_factory=list, description="Nodes with one of these tags.")
    nodes: Names = Field(default_factory=list, description="Nodes by their names.")
    from_nodes: Names = Field(default_factory=list, description="Start at these nodes.")
    to_nodes: Names = Field(default_factory=list, description="End at these nodes.")
    from_inputs: Names = Field(default_factory=list, description="Start at these datasets.")
    to_outputs: Names = Field(default_factory=list, description="End at these datasets.")
    namespaces: Names = Field(default_factory=list, description="Nodes by namespace.")


class JobConfig(Section):
    """A job under its name: what to run, where, and what Azure ML calls it."""

    pipeline: Text | None = Field(
        default=None, description="Registered pipeline; otherwise the default one."
    )
    slice: SliceConfig = Field(
        default_factory=SliceConfig,
        description="The part of the pipeline. A slice on the command line replaces all of it.",
    )
    parameters: dict[str, Any] = Field(
        default_factory=dict,
        description="Runtime parameters, nested as in parameters.yml; `--params` are laid over "
        "them.",
    )
    job_inputs: Names = Field(
        default_factory=list,
        description="More parameters that become inputs of this job; see `azure.job_inputs`.",
    )
    sweep: SweepConfig | None = Field(
        default=None,
        description="Values of parameters: the job runs what depends on them for each combination.",
    )
    workspace: Text | None = Field(
        default=None, description="Alias of `azure.workspaces`: where the job runs."
    )
    compute: Text | None = Field(
        default=None, description="Alias of `azure.compute` for all steps, whatever their tags."
    )
    environment: Text | None = Field(
        default=None,
        description="Environment of all steps, whatever their tags: an alias of "
        "`azure.environments`, or a registered one as `name@latest` or `name:3`.",
    )
    grouping: GroupingConfig | None = Field(
        default=None, description="Replaces `azure.grouping` in this job."
    )
    export: ExportConfig | None = Field(
        default=None, description="Replaces `azure.export` in this job."
    )
    tune: TuneConfig | None = Field(
        default=None,
        description="Runs a part of the pipeline with several values of parameters, and goes on "
        "with what the best made.",
    )
    experiment_name: Annotated[str, AfterValidator(values.experiment_name)] | None = Field(
        default=None, description="Experiment under which Azure ML lists the job."
    )
    display_name: Annotated[Text, Field(max_length=_LONGEST_NAME)] | None = Field(
        default=None, description="What Azure ML Studio calls the job."
    )
    description: Annotated[str, Field(max_length=_LONGEST_DESCRIPTION)] | None = Field(
        default=None, description="What the job is for; Markdown in Studio."
    )
    tags: dict[Text, str] = Field(default_factory=dict, description="Tags of the job.")

    @field_validator("job_inputs", mode="before")
    @classmethod
    def _none_is_no_list(cls, value: Any) -> Any:
        return [] if value is None else value

    @field_validator("parameters")
    @classmethod
    def _is_json(cls, parameters: dict[str, Any]) -> dict[str, Any]:
        for name, value in parameters.items():
            try:
                written(value, "json")
            except (TypeError, ValueError) as error:
                raise values.BadValueError(
                    f"The value of '{name}' cannot be passed on: {error}.",
                    "Put it into the project's parameters.",
                ) from None
        return parameters

    @field_validator("slice", "parameters", "tags", mode="before")
    @classmethod
    def _none_is_empty(cls, value: Any) -> Any:
        return {} if value is None else value
