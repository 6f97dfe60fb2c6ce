"""Named jobs: ``azure.jobs.<name>`` of azureml.yml as a request."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from kedro_azureml.compiler.request import CompileRequest, Selection
from kedro_azureml.config import AzureMLConfig, JobConfig
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError, nearest
from kedro_azureml.nested import laid_over


def find_job(config: AzureMLConfig, name: str) -> JobConfig:
    """Return a job of azureml.yml after checking that its compute and environment exist.

    Raises:
        DiagnosticError: KAZ131 for an unknown name, KAZ104 for an unknown alias in it.
    """
    job = config.azure.jobs.get(name)
    if job is None:
        raise DiagnosticError(
            Diagnostic(
                "KAZ131",
                f"azureml.yml has no job '{name}'.",
                nearest(name, config.azure.jobs) or "Write one under azure.jobs.",
                where="azureml.yml azure.jobs",
            )
        )
    problems = list(job_problems(config, name, job))
    if problems:
        raise DiagnosticError(problems)
    return job


def job_problems(config: AzureMLConfig, name: str, job: JobConfig) -> Iterator[Diagnostic]:
    """Report KAZ104 for each alias of a job that azureml.yml does not have."""
    for section, alias, known in (
        ("compute", job.compute, set(config.azure.compute)),
        ("environment", job.environment, set(config.azure.environments)),
    ):
        if alias is None or alias in known or (section == "environment" and _is_reference(alias)):
            continue
        group = "compute" if section == "compute" else "environments"
        yield Diagnostic(
            "KAZ104",
            f"'{alias}' is no alias of azure.{group}.",
            nearest(alias, known) or f"Add it to azure.{group}.",
            where=f"azureml.yml azure.jobs.{name}.{section}",
        )


def with_job(request: CompileRequest, name: str, config: AzureMLConfig) -> CompileRequest:
    """Complete the request with what a job says wherever the request says nothing.

    A job's pipeline comes first, because a request always has one.

    Args:
        request: What the command line asks for.
        name: The job's name.
        config: azureml.yml.

    Raises:
        DiagnosticError: As `find_job`.
    """
    job = find_job(config, name)
    reference = job.environment if job.environment and _is_reference(job.environment) else None
    alias = job.environment if reference is None else None
    own_environment = request.environment or request.image
    selection = Selection(
        **{field: tuple(names) for field, names in job.slice.model_dump().items()}
    )
    return replace(
        request,
        job=name,
        pipeline=job.pipeline or request.pipeline,
        selection=selection if request.selection == Selection() else request.selection,
        params=laid_over(job.parameters, request.params),
        exposed={
            **dict.fromkeys(job.job_inputs, config.place("azure", "jobs", name, "job_inputs")),
            **request.exposed,
        },
        sweep=request.sweep or job.sweep,
        sweep_place=(
            request.sweep_place if request.sweep else config.place("azure", "jobs", name, "sweep")
        ),
        compute_alias=request.compute_alias or job.compute,
        environment=request.environment or (None if own_environment else reference),
        environment_alias=request.environment_alias or (None if own_environment else alias),
        grouping=job.grouping,
        export=job.export,
        tune=job.tune,
        experiment_name=job.experiment_name,
        display_name=job.display_name,
        description=job.description,
        tags=dict(job.tags),
    )


def _is_reference(environment: str) -> bool:
    """Tell ``name@latest`` and ``name:3`` from an alias, which holds neither sign."""
    return "@" in environment or ":" in environment
