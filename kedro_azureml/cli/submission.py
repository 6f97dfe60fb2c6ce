"""A submission with what a terminal adds to it: a spinner, questions and the job's name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kedro_azureml.cli.questions import ask_for_key, may_create, may_upload
from kedro_azureml.console.activity import activity
from kedro_azureml.console.results import results_of
from kedro_azureml.console.text import echo
from kedro_azureml.diagnostics import DiagnosticError

if TYPE_CHECKING:
    from kedro_azureml.azure.connect.target import Target
    from kedro_azureml.azure.submit.submit import Submitted
    from kedro_azureml.config import AzureMLConfig
    from kedro_azureml.job.model import PipelineJob


def submit_shown(
    jobs: Sequence[PipelineJob],
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
) -> list[Submitted | DiagnosticError]:
    """Submit jobs of one folder, and say how it goes; see `submit_all`."""
    with activity("Loading the Azure SDK"):
        from kedro_azureml.azure.submit.submit import SubmitOptions, submit_all
    from kedro_azureml.console.spinner import SpinnerDisplay

    try:
        with SpinnerDisplay() as progress:
            options = SubmitOptions(
                dry_run=dry_run,
                create_compute=create_compute or may_create(progress.stop),
                allow_credentials=allow_credentials,
                ask_key=ask_for_key(progress.stop),
                read_for=read_for,
                allow_outside=allow_outside or may_upload(progress.stop),
                environment_option=environment_option,
            )
            results = submit_all(jobs, base, config, target, options, progress)
    except KeyboardInterrupt:
        # Had a job's own request begun, a finding or a line would say so.
        click.echo("\nNo job was submitted." if len(jobs) == 1 else "\nNo more jobs.", err=True)
        raise
    for result in results:
        if not isinstance(result, DiagnosticError) and not dry_run:
            echo(f"Submitted {result.name}")
            for line in results_of(result.document):
                echo(line)
    return results
