"""The jobs that are deployed, each compiled once. Imports nothing of Azure's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone

from kedro_azureml.azure.deploy.jobs import JobToDeploy, Named
from kedro_azureml.compiler import Compilation, CompileRequest, with_job
from kedro_azureml.compiler.schedules import check_dates, check_schedule, find_schedule
from kedro_azureml.compiler.sources import sources_of
from kedro_azureml.config import AzureMLConfig
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError, as_errors
from kedro_azureml.project import Project


def compile_jobs(
    project: Project,
    config: AzureMLConfig,
    names: Named,
    compile_one: Callable[[CompileRequest], Compilation],
    *,
    strict: bool,
) -> tuple[list[JobToDeploy], list[Diagnostic]]:
    """Compile each job that is deployed, once.

    Args:
        project: The project.
        config: azureml.yml.
        names: What is deployed.
        compile_one: Compiles a job.
        strict: Whether warnings are errors.

    Returns:
        The jobs, and what there is to say of them.

    Raises:
        DiagnosticError: One cannot be deployed.
    """
    own = {name: find_schedule(config, name).job for name in names.schedules}
    azure = config.azure
    called = [azure.endpoints[name].job for name in names.endpoints]
    jobs: list[JobToDeploy] = []
    found: list[Diagnostic] = []
    now = datetime.now(timezone.utc)
    for name in dict.fromkeys([*own.values(), *called]):
        request = CompileRequest(project.path, project.path, env=project.env, strict=strict)
        if name is not None:
            request = with_job(request, name, config)
        compilation = compile_one(request)
        # The submission looks for credentials itself.
        found += [finding for finding in compilation.diagnostics if finding.code != "KAZ503"]
        for schedule in (schedule for schedule, job in own.items() if job == name):
            found += check_schedule(schedule, config, compilation.job, now)
        for endpoint in (each for each in names.endpoints if azure.endpoints[each].job == name):
            place = config.place("azure", "endpoints", endpoint)
            found += check_dates(f"endpoint '{endpoint}'", compilation.job, place)
        sources = sources_of(compilation.job, project.load(request.params).pipelines)
        jobs.append(JobToDeploy(name, compilation.job, sources))
    findings = list(dict.fromkeys(as_errors(found) if strict else found))
    if any(finding.severity == "error" for finding in findings):
        raise DiagnosticError(findings)
    return jobs, findings
