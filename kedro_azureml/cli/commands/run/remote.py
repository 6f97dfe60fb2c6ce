"""``kedro azureml run`` without ``--local``: submit jobs, and wait for them if asked to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from kedro_azureml.azure.overrides import overridden
from kedro_azureml.cli.commands.run.after_submission import follow_jobs
from kedro_azureml.cli.commands.run.on_job_scheduled import find_function
from kedro_azureml.cli.document import JobDocument, read_document
from kedro_azureml.cli.options.submit import tags_of
from kedro_azureml.cli.options.workspace import find_config
from kedro_azureml.cli.submission import submit_shown
from kedro_azureml.console.findings import print_diagnostics
from kedro_azureml.diagnostics import DiagnosticError
from kedro_azureml.standard_output import write_document

if TYPE_CHECKING:
    from kedro_azureml.azure.connect.target import Target
    from kedro_azureml.azure.submit.submit import Submitted
    from kedro_azureml.config import AzureMLConfig
    from kedro_azureml.job.model import PipelineJob
    from kedro_azureml.project import Project


@dataclass(frozen=True)
class _Job:
    name: str
    document: JobDocument
    changed: PipelineJob
    config: AzureMLConfig
    target: Target


def submit_jobs(project: Project, own: dict[str, Any], jobs: Iterable[dict[str, Any]]) -> None:
    """Submit jobs: those of one workspace upload each thing once, and begin side by side.

    Args:
        project: The project.
        own: The options of `submit_options`, and ``file``.
        jobs: The options of `compile_options`, for each job.
    """
    from kedro_azureml.azure.connect.installed import require_azure

    require_azure()
    read: list[_Job] = []
    environment_option = None
    for options in jobs:
        environment_option = "--aml-env" if options["aml_env"] else None
        read.append(_read(project, own, options))
    function = find_function(own["on_job_scheduled"]) if own["on_job_scheduled"] else None
    results: list[tuple[str, Submitted | DiagnosticError]] = []
    for target in dict.fromkeys(job.target for job in read):
        group = [job for job in read if job.target == target]
        submitted = submit_shown(
            [job.changed for job in group],
            group[0].document.base,
            group[0].config,
            target,
            dry_run=own["dry_run"],
            allow_credentials=own["allow_credentials"],
            create_compute=own["create_compute"],
            read_for=project.path if own["file"] else None,
            allow_outside=own["allow_outside"],
            environment_option=environment_option,
        )
        results += zip((job.name for job in group), submitted, strict=True)
    if own["dry_run"]:
        for _, result in results:
            _print_document(result)
        return
    follow_jobs(results, own, function)


def _read(project: Project, own: dict[str, Any], options: dict[str, Any]) -> _Job:
    document = read_document(project, own["file"], options, inputs=own["inputs"])
    # The submission looks for credentials itself, in files compiled before as well.
    print_diagnostics(d for d in document.warnings if d.code != "KAZ503")
    config, target = find_config(project, document.request.params, own["subscription_id"])
    changed = overridden(
        document.job,
        experiment_name=own["experiment_name"],
        display_name=own["display_name"],
        tags=tags_of((*own["tag"], *own["job_tag"])),
        where="--experiment-name",
    )
    return _Job(options["job"] or document.request.pipeline, document, changed, config, target)


def _print_document(result: Submitted | DiagnosticError) -> None:
    from kedro_azureml.job.yaml import dump_job

    if not isinstance(result, DiagnosticError):
        click.echo("Nothing was submitted. The document:\n", err=True)
        write_document(dump_job(result.document))
