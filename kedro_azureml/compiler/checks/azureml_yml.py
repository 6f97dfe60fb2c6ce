"""Names in azureml.yml that lead nowhere: a node would run elsewhere than its author believes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from kedro.pipeline import Pipeline

from kedro_azureml.compiler.jobs import job_problems
from kedro_azureml.config import DEFAULT_ALIAS, AzureMLConfig
from kedro_azureml.diagnostics import Diagnostic, as_warnings, nearest


def check_names(config: AzureMLConfig, pipelines: Mapping[str, Pipeline]) -> Iterator[Diagnostic]:
    """Report KAZ132 for aliases that nearly are a tag; KAZ201, KAZ104, KAZ245 for unknown names.

    Args:
        config: azureml.yml, all of it: a job that is not asked for today is checked too.
        pipelines: The registered pipelines.
    """
    tags = {tag for pipeline in pipelines.values() for node in pipeline.nodes for tag in node.tags}
    jobs = config.azure.jobs
    for section, aliases, used in (
        ("compute", config.azure.compute, {job.compute for job in jobs.values()}),
        ("environments", config.azure.environments, {job.environment for job in jobs.values()}),
    ):
        # An alias that waits for its first node is nobody's mistake, one that nearly has one is.
        free = tags - set(aliases)
        for alias in aliases:
            if alias != DEFAULT_ALIAS and alias not in tags and alias not in used:
                near = get_close_matches(alias.lower(), free, n=1, cutoff=0.75)
                if near:
                    yield _misspelt(section, alias, near[0])
    for name, job in jobs.items():
        if job.pipeline is not None and job.pipeline not in pipelines:
            yield Diagnostic(
                "KAZ201",
                f"The job '{name}' runs the pipeline '{job.pipeline}', which is not registered.",
                nearest(job.pipeline, pipelines),
                severity="warning",
                where=f"azureml.yml azure.jobs.{name}.pipeline",
            )
        yield from as_warnings(job_problems(config, name, job))
    yield from _workspaces(config)


def _workspaces(config: AzureMLConfig) -> Iterator[Diagnostic]:
    """Report KAZ245 for each workspace that something names and azureml.yml does not have."""
    azure = config.azure
    entries = (
        *(("jobs", name, job.workspace) for name, job in azure.jobs.items()),
        *(("schedules", name, schedule.workspace) for name, schedule in azure.schedules.items()),
        *(("endpoints", name, endpoint.workspace) for name, endpoint in azure.endpoints.items()),
    )
    for section, name, alias in entries:
        if alias is not None and alias not in azure.workspaces:
            yield Diagnostic(
                "KAZ245",
                f"azureml.yml has no workspace '{alias}'.",
                nearest(alias, azure.workspaces) or "Write one under azure.workspaces.",
                severity="warning",
                where=config.place("azure", section, name, "workspace"),
            )


def _misspelt(section: str, alias: str, tag: str) -> Diagnostic:
    return Diagnostic(
        "KAZ132",
        f"No node has the tag '{alias}' and no job names it, so this alias decides nothing; there "
        f"are nodes with the tag '{tag}'.",
        f"Call the alias '{tag}', tag the nodes '{alias}', or remove it.",
        severity="warning",
        where=f"azureml.yml azure.{section}.{alias}",
    )
