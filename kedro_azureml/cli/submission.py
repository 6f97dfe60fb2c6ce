"""A submission with what a terminal adds to it: a spinner, questions and the job's name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kedro_azureml.cli.questions import ask_for_key, may_create, may_upload
from kedro_azureml.console.activity import activity
from kedro_azureml.console.results import results_of
from kedro_azureml.console.text import echo

if TYPE_CHECKING:
    from kedro_azureml.azure.connect.target import Target
    from kedro_azureml.azure.submit.submit import Submitted
    from kedro_azureml.config import AzureMLConfig
    from kedro_azureml.job.model import PipelineJob


def submit_shown(
    job: PipelineJob,
    base: Path,
    config: AzureMLConfig,
    target: Target,
    *,
    dry_run: bool = False,
    allow_credentials: bool,
    create_compute: bool,
    read_for: Path | None = None,
    allow_outside: bool = False,
    environment_option: str | None = None,
) -> Submitted:
    """Submit a job, and say how it goes; see `kedro_azureml.azure.submit.submit`."""
    with activity("Loading the Azure SDK"):
        from kedro_azureml.azure.submit.submit import submit
    from kedro_azureml.console.spinner import SpinnerDisplay

    try:
        with SpinnerDisplay() as progress:
            submitted = submit(
                job,
                base,
                config,
                target,
                dry_run=dry_run,
                allow_credentials=allow_credentials,
                create_compute=create_compute or may_create(progress.stop),
                ask_key=ask_for_key(progress.stop),
                progress=progress,
                read_for=read_for,
                allow_outside=allow_outside or may_upload(progress.stop),
                environment_option=environment_option,
            )
    except KeyboardInterrupt:
        # Had the job's own request begun, a finding would say so.
        click.echo("\nNo job was submitted.", err=True)
        raise
    if not dry_run:
        echo(f"Submitted {submitted.name}")
        for line in results_of(submitted.document):
            echo(line)
    return submitted
