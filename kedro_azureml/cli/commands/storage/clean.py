"""``kedro azureml storage clean``."""

from __future__ import annotations

import sys
from typing import Any

import click

from kedro_azureml.cli.errors import EXIT_FAILED, friendly
from kedro_azureml.cli.options.env import env_option
from kedro_azureml.cli.options.storage import open_storage
from kedro_azureml.console.text import echo
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError


@click.command("clean")
@click.option(
    "--older-than",
    metavar="SPAN",
    required=True,
    help="Delete runs that have written nothing for this long: 7d, 12h, 90m.",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@env_option
@click.pass_obj
@friendly
def clean(metadata: Any, /, older_than: str, yes: bool, env: str | None) -> None:
    """Delete the data of old runs. Jobs that still read it, or that reuse its steps, fail."""
    seconds = _seconds(older_than)
    store = open_storage(metadata, env)
    from kedro_azureml.azure import stored_runs
    from kedro_azureml.formatting import count, size

    old = stored_runs.older_than(stored_runs.find_runs(store), seconds)
    if not old:
        echo(f"No run is older than {older_than}.")
        return
    for run in old:
        echo(f"{run.name}  {size(run.size)}  {stored_runs.age(run)}")
    amount = f"{count(len(old), 'run')}, {size(sum(run.size for run in old))}"
    if not yes and not _confirm(amount):
        click.echo("Nothing was deleted.")
        raise click.exceptions.Exit(EXIT_FAILED)
    stored_runs.delete(store, old)
    echo(f"Deleted {amount}.")


def _confirm(amount: str) -> bool:
    if not sys.stdin.isatty():
        raise DiagnosticError(
            Diagnostic(
                "KAZ107",
                f"Nothing was deleted, because there is no terminal to confirm it on ({amount}).",
                "Give --yes to delete without being asked.",
                where="--yes",
            )
        )
    return click.confirm(f"Delete {amount}?")


def _seconds(span: str) -> int:
    from kedro_azureml.config.models.values import BadValueError, duration, seconds

    try:
        return seconds(duration(span))
    except BadValueError as error:
        raise DiagnosticError(
            Diagnostic("KAZ107", error.message, error.remedy, where="--older-than")
        ) from None
