"""The steps of a job: groups of nodes, one of which may be tuned."""

from __future__ import annotations

from kedro.pipeline import Pipeline

from kedro_azureml.compiler.grouping.groups import Group, group_nodes
from kedro_azureml.compiler.request import CompileRequest
from kedro_azureml.config import AzureMLConfig, GroupingConfig
from kedro_azureml.datasets.location import is_memory
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError
from kedro_azureml.project.loaded import LoadedProject


def steps_of_job(
    request: CompileRequest,
    config: AzureMLConfig,
    pipeline: Pipeline,
    grouping: GroupingConfig,
    loaded: LoadedProject,
) -> tuple[list[Group], str | None]:
    """Divide the pipeline into steps; also return the step that is tuned, if any is.

    Raises:
        DiagnosticError: As `group_nodes`; KAZ274 for a job that tunes and is swept at once.
    """

    def in_memory(name: str) -> bool:
        return is_memory(loaded.catalog.resolve(name))

    if request.tune is None:
        name = request.pipeline
        return group_nodes(pipeline, grouping, name=name, in_memory=in_memory), None
    if request.sweep is not None:
        message = "A job that runs for many values ('sweep') cannot tune a part of itself."
        remedy = "Leave out 'sweep', or 'tune'."
        raise DiagnosticError(Diagnostic("KAZ274", message, remedy, where=request.sweep_place))
    from kedro_azureml.compiler.tuning.nodes import group_tuned_nodes
    from kedro_azureml.compiler.tuning.tune import tune_place

    return group_tuned_nodes(
        pipeline,
        grouping,
        request.tune,
        name=request.pipeline,
        in_memory=in_memory,
        where=tune_place(request, config),
    )
