"""Waiting for a job on Azure ML, and saying how it ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from kedro_azureml.cli.errors import EXIT_FAILED, EXIT_INTERRUPTED
from kedro_azureml.console.findings import print_diagnostics
from kedro_azureml.console.text import echo
from kedro_azureml.diagnostics import DiagnosticError
from kedro_azureml.job.sweep import STEP

if TYPE_CHECKING:
    from kedro_azureml.azure.connect.client import Connection
    from kedro_azureml.job.run.model import Run


def wait(connection: Connection, name: str, *, follow_logs: bool, exists: bool = False) -> None:
    """Watch a job to its end; exit with 0 only if it completed.

    Args:
        connection: The workspace.
        name: The job.
        follow_logs: Whether to show what the steps print.
        exists: Whether it was just submitted.
    """
    from kedro_azureml.azure.jobs.outcome import findings
    from kedro_azureml.azure.jobs.watch import watch
    from kedro_azureml.console.run.display import make_display
    from kedro_azureml.console.run.summary import print_summary

    try:
        with make_display() as display:
            job = watch(connection, name, display, follow_logs=follow_logs, exists=exists)
    except KeyboardInterrupt:
        click.echo(
            f"\nThe job goes on.\n  watch it again: kedro azureml job watch {name}\n"
            f"  cancel it:      kedro azureml job cancel {name}",
            err=True,
        )
        raise click.exceptions.Exit(EXIT_INTERRUPTED) from None
    except DiagnosticError as error:
        print_diagnostics(error.diagnostics)
        if all(d.code != "KAZ710" for d in error.diagnostics):
            echo(f"The job goes on. Watch it again: kedro azureml job watch {name}", err=True)
        raise click.exceptions.Exit(EXIT_FAILED) from None
    print_summary(job)
    _print_sweep(connection, job)
    problems = findings(connection, job)
    if problems:
        print_diagnostics(problems)
        raise click.exceptions.Exit(EXIT_FAILED)


def _print_sweep(connection: Connection, job: Run) -> None:
    """Print the results of a sweep; that they cannot be read changes nothing about the job."""
    from kedro_azureml.azure.jobs.sweep import downloaded_sweep
    from kedro_azureml.console.sweep_table import print_sweep

    try:
        table = downloaded_sweep(connection, job)
    except DiagnosticError as error:
        print_diagnostics(error.diagnostics)
        return
    if table is not None:
        print_sweep(table)
        echo(f"As files: kedro azureml job download {job.name} {STEP}")
