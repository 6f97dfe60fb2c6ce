"""From what azureml.yml says of tuning to the document with a sweep step, and the findings."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial

from kedro_azureml.compiler.data.dependents import changes_with, check_values
from kedro_azureml.compiler.data.parameter_inputs import parameters_read_by
from kedro_azureml.compiler.grouping.groups import Group
from kedro_azureml.compiler.job_parts import JobParts
from kedro_azureml.compiler.placement.distribution import sizing_parameters
from kedro_azureml.compiler.placement.environments import check_logs_metrics
from kedro_azureml.compiler.request import CompileRequest
from kedro_azureml.compiler.tuning.parameter_checks import ParameterChecks
from kedro_azureml.compiler.tuning.parameters import tuned_parameters
from kedro_azureml.compiler.tuning.step import TunedStep, check_tuned_step, with_tuning
from kedro_azureml.config import AzureMLConfig
from kedro_azureml.config.models.tune import TuneConfig
from kedro_azureml.diagnostics import Diagnostic
from kedro_azureml.job.model import PipelineJob
from kedro_azureml.project import Project


def tune_place(request: CompileRequest, config: AzureMLConfig, *keys: str) -> str:
    """Return the place of a key of a job's tuning, for findings."""
    return config.place("azure", "jobs", str(request.job), "tune", *keys)


def tuned(
    job: PipelineJob,
    name: str,
    tune: TuneConfig,
    groups: Collection[Group],
    given: Collection[str],
    sharded: Collection[str],
    parts: JobParts,
    request: CompileRequest,
    config: AzureMLConfig,
    project: Project,
) -> tuple[PipelineJob, list[Diagnostic]]:
    """Make a sweep step of one step of a document.

    Args:
        job: The document.
        name: The step.
        tune: What azureml.yml says.
        groups: The nodes of each step.
        given: The steps that are hand-written components.
        sharded: The steps that become several.
        parts: What the job consists of.
        request: What is compiled.
        config: azureml.yml.
        project: The project.

    Returns:
        The document, unchanged if there are errors, and the findings: KAZ272 to KAZ275.
    """
    step = job.jobs[name]
    record = step.component.record()
    if record is None:
        raise ValueError(f"the command of '{name}' cannot be read back")
    place = partial(tune_place, request, config)
    placed = parts.placements.of[name]
    wired = next(each for each in parts.wiring.steps if each.group.name == name)
    subject = TunedStep(
        name,
        step,
        record,
        wired.outputs,
        place(),
        config.compute_place(placed.compute_alias, "identity"),
        is_sharded=name in sharded,
        is_given=name in given,
    )
    checks = ParameterChecks(
        name,
        {
            group.name: {*parameters_read_by(group.nodes), *sizing_parameters(group.nodes)}
            for group in groups
        },
        project.load(request.params).catalog,
        [each.parameter for each in parts.parameters.exposed],
        lambda parameter, values: changes_with(
            project, request.params, parameter, values, parts.wiring.datasets
        ),
        partial(check_values, project, request.params),
        place,
    )
    problems = [
        *check_tuned_step(subject, tune),
        *checks.findings(tune),
    ]
    environment = config.azure.environments.get(placed.environment_alias)
    if environment is not None and isinstance(placed.environment, dict) and not request.local:
        alias = placed.environment_alias
        problems += check_logs_metrics(alias, environment, request.project_path)
    if any(problem.severity == "error" for problem in problems):
        return job, problems
    component = step.component
    parameters = tuned_parameters(tune, {*component.inputs, *component.outputs})
    return with_tuning(job, name, tune, parameters), problems
