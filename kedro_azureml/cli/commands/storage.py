"""``kedro azureml storage``: what runs left in temporary storage, and its removal."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from kedro_azureml.cli.options.env import env_option
from kedro_azureml.cli.options.workspace import ask_for_key, open_project
from kedro_azureml.console.findings import EXIT_FAILED, friendly
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError

if TYPE_CHECKING:
    from kedro_azureml.storage import BlobStore


def _passed_on(context: click.Context, _: click.Parameter, value: str | None) -> str | None:
    return value or (context.parent.params.get("env") if context.parent else None)


@click.group("storage")
@click.option("-e", "--env", callback=_passed_on, help="May also follow the subcommand.")
def storage(env: str | None) -> None:
    """See and remove what runs left in the temporary storage of azureml.yml.

    The account's key is taken from AZURE_STORAGE_ACCOUNT_KEY, or the whole account from
    AZURE_STORAGE_CONNECTION_STRING; otherwise you are asked for the key, or your login is used.
    """
    # The subcommand reads `env` from this group's context: see kedro_azureml/cli/options/env.py.


@storage.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@env_option
@click.pass_obj
@friendly
def list_(metadata: Any, /, as_json: bool, env: str | None) -> None:
    """List the runs that left data: how many datasets, their size, their age."""
    store = _open(metadata, env)
    from kedro_azureml.azure import stored_runs
    from kedro_azureml.formatting import count, local_time, size

    runs = stored_runs.find(store)
    if as_json:
        click.echo(json.dumps([stored_runs.as_data(run) for run in runs], indent=1))
        return
    if not runs:
        click.echo("There is no data of any run.")
        return
    width = max(len(run.name) for run in runs)
    for run in runs:
        datasets = count(len(run.entries), "dataset")
        click.echo(
            f"{run.name:<{width}}  {datasets:>12}  {size(run.size):>9}  "
            f"{local_time(run.modified)}  {stored_runs.age(run)}"
        )
    click.echo(f"{count(len(runs), 'run')}, {size(sum(run.size for run in runs))}.")


@storage.command("clean")
@click.option(
    "--older-than",
    metavar="SPAN",
    required=True,
    help="Delete runs that wrote nothing for so long: 7d, 12h, 90m.",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@env_option
@click.pass_obj
@friendly
def clean(metadata: Any, /, older_than: str, yes: bool, env: str | None) -> None:
    """Delete the data of old runs. Jobs that still read it, or that reuse its steps, fail."""
    seconds = _seconds(older_than)
    store = _open(metadata, env)
    from kedro_azureml.azure import stored_runs
    from kedro_azureml.formatting import count, size

    old = stored_runs.older_than(stored_runs.find(store), seconds)
    if not old:
        click.echo(f"No run is older than {older_than}.")
        return
    for run in old:
        click.echo(f"{run.name}  {size(run.size)}  {stored_runs.age(run)}")
    what = f"{count(len(old), 'run')}, {size(sum(run.size for run in old))}"
    if not yes:
        if not sys.stdin.isatty():
            raise DiagnosticError(
                Diagnostic(
                    "KAZ107",
                    f"Nothing was deleted: nobody is there to confirm it ({what}).",
                    "Give --yes to delete without being asked.",
                    where="--yes",
                )
            )
        if not click.confirm(f"Delete {what}?"):
            click.echo("Nothing was deleted.")
            raise click.exceptions.Exit(EXIT_FAILED)
    stored_runs.delete(store, old)
    click.echo(f"Deleted {what}.")


def _open(metadata: Any, env: str | None) -> BlobStore:
    from kedro_azureml.azure.connect.installed import require_azure

    require_azure()
    from kedro_azureml.azure.submit.storage_access import open_owned

    azure = open_project(metadata, env).required_config().azure
    store = open_owned(azure, ask_for_key())
    click.echo(f"Temporary storage: {store.url}", err=True)
    return store


def _seconds(span: str) -> int:
    from kedro_azureml.config.models.values import BadValueError, duration, seconds

    try:
        return seconds(duration(span))
    except BadValueError as error:
        raise DiagnosticError(
            Diagnostic("KAZ107", error.message, error.remedy, where="--older-than")
        ) from None
