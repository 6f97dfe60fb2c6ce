"""``kedro azureml run`` without ``--local``: submit a job, and wait for it if asked to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from kedro_azureml.azure.overrides import overridden
from kedro_azureml.cli.commands.run.on_job_scheduled import call_function, find_function
from kedro_azureml.cli.document import read_document
from kedro_azureml.cli.errors import EXIT_FAILED
from kedro_azureml.cli.options.submit import tags_of
from kedro_azureml.cli.options.workspace import find_config
from kedro_azureml.cli.submission import submit_shown
from kedro_azureml.cli.wait import wait
from kedro_azureml.console.findings import print_diagnostics
from kedro_azureml.console.text import echo
from kedro_azureml.diagnostics import DiagnosticError
from kedro_azureml.standard_output import write_document

if TYPE_CHECKING:
    from kedro_azureml.azure.submit.submit import Submitted
    from kedro_azureml.job.model import PipelineJob
    from kedro_azureml.project import Project


def submit_jobs(project: Project, own: dict[str, Any], jobs: Iterable[dict[str, Any]]) -> None:
    """Submit one job after another.

    Args:
        project: The project.
        own: The options of `submit_options`, and ``file``.
        jobs: The options of `compile_options`, for each job.
    """
    from kedro_azureml.azure.connect.installed import require_azure

    require_azure()
    for options in jobs:
        _submit(project, own, options)


def _submit(project: Project, own: dict[str, Any], options: dict[str, Any]) -> None:
    document = read_document(project, own["file"], options, inputs=own["inputs"])
    # The submission looks for credentials itself, in files compiled before as well.
    print_diagnostics(d for d in document.warnings if d.code != "KAZ503")
    config, target = find_config(project, document.request.params, own["subscription_id"])
    function = find_function(name) if (name := own["on_job_scheduled"]) else None
    submitted = submit_shown(
        overridden(
            document.job,
            experiment_name=own["experiment_name"],
            display_name=own["display_name"],
            tags=tags_of((*own["tag"], *own["job_tag"])),
            where="--experiment-name",
        ),
        document.base,
        config,
        target,
        dry_run=own["dry_run"],
        allow_credentials=own["allow_credentials"],
        create_compute=own["create_compute"],
        read_for=project.path if own["file"] else None,
        allow_outside=own["allow_outside"],
        environment_option="--aml-env" if options["aml_env"] else None,
    )
    if own["dry_run"]:
        _print_document(submitted.document)
        return
    problem = False
    if function is None:
        echo(f"Studio: {submitted.studio_url}")
    else:
        problem = _call_failed(function, name, submitted)
    follow = own["follow_logs"]
    if follow or own["wait_for_completion"]:
        wait(submitted.connection, submitted.name, follow_logs=follow, exists=True)
    else:
        echo(f"Watch it: kedro azureml job watch {submitted.name}")
    if problem:
        raise click.exceptions.Exit(EXIT_FAILED)


def _print_document(job: PipelineJob) -> None:
    from kedro_azureml.job.yaml import dump_job

    click.echo("Nothing was submitted. The document:\n", err=True)
    write_document(dump_job(job))


def _call_failed(function: Any, name: str, submitted: Submitted) -> bool:
    """Call the function of ``--on-job-scheduled``; whether it failed."""
    try:
        call_function(function, name, submitted.job)
    except DiagnosticError as error:
        print_diagnostics(error.diagnostics)
        return True
    return False
