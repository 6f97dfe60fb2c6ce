"""What follows the submission of jobs: the user's function, waiting, and each one's result."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from kedro_azureml.cli.commands.run.on_job_scheduled import call_function
from kedro_azureml.cli.errors import EXIT_FAILED, EXIT_INTERRUPTED
from kedro_azureml.cli.wait import wait
from kedro_azureml.console.findings import print_diagnostics
from kedro_azureml.console.text import echo
from kedro_azureml.diagnostics import DiagnosticError
from kedro_azureml.standard_output import write_document

if TYPE_CHECKING:
    from kedro_azureml.azure.submit.submit import Submitted


def follow_jobs(
    results: Sequence[tuple[str, Submitted | DiagnosticError]],
    own: dict[str, Any],
    function: Callable[[Any], Any] | None,
) -> None:
    """Say what became of each job, and wait for the submitted ones if asked to.

    Args:
        results: What became of each job, behind its name in azureml.yml.
        own: The options of `submit_options`.
        function: The function of ``--on-job-scheduled``, if there is one.

    Raises:
        DiagnosticError: The only job was not submitted.
    """
    failed = False
    for _, result in results:
        if isinstance(result, DiagnosticError):
            if len(results) == 1:
                raise result
            print_diagnostics(result.diagnostics)
        elif function is None:
            echo(f"Studio: {result.studio_url}")
        else:
            failed |= _call_failed(function, own["on_job_scheduled"], result)
    verdicts = [(name, *_verdict(result, own)) for name, result in results]
    if len(results) > 1:
        for name, _, words in verdicts:
            echo(f"{name}: {words}")
    if failed or not all(is_well for _, is_well, _ in verdicts):
        raise click.exceptions.Exit(EXIT_FAILED)


def print_document(result: Submitted | DiagnosticError) -> None:
    """Print the document of a dry run."""
    from kedro_azureml.job.yaml import dump_job

    if not isinstance(result, DiagnosticError):
        click.echo("Nothing was submitted. The document:\n", err=True)
        write_document(dump_job(result.document))


def _verdict(result: Submitted | DiagnosticError, own: dict[str, Any]) -> tuple[bool, str]:
    """Wait for a job if asked to; whether all is well with it, and that in words."""
    if isinstance(result, DiagnosticError):
        return False, "not submitted"
    if own["follow_logs"] or own["wait_for_completion"]:
        completed = _has_completed(result, follow_logs=own["follow_logs"])
        return completed, f"{'completed' if completed else 'did not complete'}, {result.name}"
    echo(f"Watch it: kedro azureml job watch {result.name}")
    return True, f"submitted, {result.name}"


def _has_completed(submitted: Submitted, *, follow_logs: bool) -> bool:
    try:
        wait(submitted.connection, submitted.name, follow_logs=follow_logs, exists=True)
    except click.exceptions.Exit as ended:
        if ended.exit_code == EXIT_INTERRUPTED:
            raise
        return False
    return True


def _call_failed(function: Callable[[Any], Any], name: str, submitted: Submitted) -> bool:
    """Call the function of ``--on-job-scheduled``; whether it failed."""
    try:
        call_function(function, name, submitted.job)
    except DiagnosticError as error:
        print_diagnostics(error.diagnostics)
        return True
    return False
