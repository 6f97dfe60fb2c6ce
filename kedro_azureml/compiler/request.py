"""The compiler's request and its result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kedro_azureml.config import ExportConfig, GroupingConfig
from kedro_azureml.config.models.sweep import SweepConfig
from kedro_azureml.config.models.tune import TuneConfig
from kedro_azureml.diagnostics import Diagnostic
from kedro_azureml.job.model import PipelineJob
from kedro_azureml.job.references import without_prefix
from kedro_azureml.job.step_record import DEFAULT_PIPELINE, StepRecord


@dataclass(frozen=True)
class Selection:
    """Kedro's own slices, with the meaning that ``kedro run`` gives them."""

    tags: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()
    from_nodes: tuple[str, ...] = ()
    to_nodes: tuple[str, ...] = ()
    from_inputs: tuple[str, ...] = ()
    to_outputs: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()


@dataclass(frozen=True)
class CompileRequest:
    """One compilation.

    Attributes:
        project_path: The Kedro project's root, absolute.
        base: The folder that paths in the document are relative to, absolute.
        job: The job of azureml.yml that this comes from, if any.
        pipeline: A registered pipeline, or several, with commas between them.
        env: The conf environment; None for the project's default.
        conf_source: The configuration folder, relative to the project; None for the project's own.
        params: Runtime parameters, which take precedence over parameters.yml.
        exposed: Parameters, by dotted name, that become inputs of the job beside those that
            azureml.yml names for every job, to where each is asked for.
        sweep: The values of some parameters, for which one job runs what depends on them.
        sweep_place: Where that stands.
        selection: Which part of the pipeline.
        image: A Docker image that replaces the environment of azureml.yml.
        environment: An Azure ML environment, ``name@latest`` or ``name:3``; likewise.
        compute_alias: An alias of `azure.compute` for all steps, whatever their tags.
        environment_alias: An alias of `azure.environments` for all steps, likewise.
        env_vars: Environment variables of every step.
        grouping: A job's own, which replaces `azure.grouping`.
        export: A job's own, which replaces `azure.export`.
        tune: What a job tunes.
        group_by: A way of grouping that replaces `by` of either.
        runner: A runner that replaces `runner` of either.
        runner_params: What the runner is made with.
        only_missing_outputs: Leave out nodes whose persistent outputs exist, as Kedro does.
        experiment_name: Replaces `azure.experiment_name`.
        display_name: What Azure ML Studio calls the job.
        description: What the job is for.
        tags: Tags of the job.
        load_versions: Dataset name to the version to load.
        strict: Warnings become errors.
        local: For a rehearsal: azureml.yml is optional, and compute and environment with it.
    """

    project_path: Path
    base: Path
    job: str | None = None
    pipeline: str = DEFAULT_PIPELINE
    env: str | None = None
    conf_source: str | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    exposed: Mapping[str, str] = field(default_factory=dict)
    sweep: SweepConfig | None = None
    sweep_place: str = "--sweep"
    selection: Selection = Selection()
    image: str | None = None
    environment: str | None = None
    compute_alias: str | None = None
    environment_alias: str | None = None
    env_vars: Mapping[str, str] = field(default_factory=dict)
    grouping: GroupingConfig | None = None
    export: ExportConfig | None = None
    tune: TuneConfig | None = None
    group_by: str | None = None
    runner: str | None = None
    runner_params: Mapping[str, Any] = field(default_factory=dict)
    only_missing_outputs: bool = False
    experiment_name: str | None = None
    display_name: str | None = None
    description: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    load_versions: Mapping[str, str] = field(default_factory=dict)
    strict: bool = False
    local: bool = False


@dataclass(frozen=True)
class StepSummary:
    """One row of the table that ``compile`` prints; `processes` is empty where there is one."""

    name: str
    record: StepRecord
    compute: str
    processes: str = ""


@dataclass(frozen=True)
class Compilation:
    """A document and what there is to say about it.

    Attributes:
        job: The document.
        diagnostics: The warnings; errors are raised, unless they were asked for.
        steps: A row a step, in the order in which they can run.
        raw_inputs: Project-relative paths that Azure ML would upload, to their size in bytes.
        azure_inputs: Project-relative paths at which steps find what lies in Azure, to its address.
        snapshot_files: Number of files in the code snapshot.
        snapshot_bytes: Their size.
    """

    job: PipelineJob
    diagnostics: tuple[Diagnostic, ...]
    steps: tuple[StepSummary, ...]
    raw_inputs: Mapping[str, int]
    azure_inputs: Mapping[str, str] = field(default_factory=dict)
    snapshot_files: int = 0
    snapshot_bytes: int = 0

    @property
    def from_azure(self) -> list[str]:
        """Where each input is that is not uploaded, and as what the steps see it."""
        return [f"{without_prefix(a)} as {path}" for path, a in self.azure_inputs.items()]
