"""The options of ``kedro azureml run`` without ``--local``."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any, TypeVar

import click

from kedro_azureml.cli.options.json import alone
from kedro_azureml.cli.options.workspace import TARGET_OPTIONS, target_options
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError

_Function = TypeVar("_Function", bound=Callable[..., Any])

# Without those that a rehearsal has too.
SUBMIT_OPTIONS = TARGET_OPTIONS | frozenset(
    {
        "wait_for_completion",
        "on_job_scheduled",
        "experiment_name",
        "display_name",
        "job_tag",
        "tag",
        "dry_run",
        "allow_credentials",
        "allow_outside",
        "create_compute",
    }
)


create_compute_option = click.option(
    "--create-compute",
    is_flag=True,
    help="Create computes that do not exist as azureml.yml says, and wait for them.",
)


def submit_options(function: _Function) -> _Function:
    """Add every option of a submission."""
    options = (
        click.option(
            "--wait-for-completion",
            is_flag=True,
            help="Wait for the job; the exit code is 0 only if it completes.",
        ),
        click.option(
            "--follow-logs",
            is_flag=True,
            help="Show what the steps print while they run; without --local, wait for the job.",
        ),
        click.option(
            "--on-job-scheduled",
            metavar="MODULE:FUNCTION",
            help="Function to call with the job once it is submitted.",
        ),
        click.option("--experiment-name", help="Experiment of the job."),
        click.option("--display-name", help="What Azure ML Studio calls the job."),
        click.option("--job-tag", multiple=True, metavar="K=V", help="Tag of the job."),
        # The older name, which looks like Kedro's --tags.
        click.option("--tag", multiple=True, hidden=True),
        click.option(
            "--dry-run",
            is_flag=True,
            callback=alone,
            is_eager=True,
            help="Check everything, print the document and what would be uploaded, submit nothing.",
        ),
        click.option(
            "--allow-credentials",
            is_flag=True,
            help="Upload files that look like credentials with the code.",
        ),
        click.option(
            "--allow-outside",
            is_flag=True,
            help="Upload what a file of --file names outside of its own folder, without asking.",
        ),
        create_compute_option,
    )
    with_target = target_options(function)
    return reduce(lambda decorated, option: option(decorated), reversed(options), with_target)


def tags_of(items: tuple[str, ...]) -> dict[str, str]:
    """Read ``--job-tag K=V``.

    Raises:
        DiagnosticError: KAZ107 for what is not of that form.
    """
    tags: dict[str, str] = {}
    for item in items:
        key, equals, value = item.partition("=")
        if not equals or not key.strip():
            raise DiagnosticError(
                Diagnostic(
                    "KAZ107",
                    f"'{item}' is not of the form NAME=VALUE.",
                    "Write --job-tag NAME=VALUE.",
                    where="--job-tag",
                )
            )
        tags[key.strip()] = value
    return tags
