"""``kedro azureml schedule delete``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from kedro_azureml.cli.errors import EXIT_FAILED, friendly
from kedro_azureml.cli.options.workspace import connect_to, workspace_options
from kedro_azureml.cli.questions import confirm_deletion
from kedro_azureml.console.activity import activity
from kedro_azureml.console.text import echo

if TYPE_CHECKING:
    from kedro_azureml.azure.connect.target import WorkspaceChoice


@click.command("delete")
@click.argument("name")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@workspace_options
@click.pass_obj
@friendly
def delete(
    metadata: Any, /, name: str, yes: bool, env: str | None, workspace: WorkspaceChoice
) -> None:
    """Delete a schedule; the jobs that it started stay."""
    connection = connect_to(metadata, env, workspace, ("schedules", name))
    from kedro_azureml.azure.connect.silence import quiet
    from kedro_azureml.azure.deploy.schedules.described import existing_schedule
    from kedro_azureml.azure.deploy.schedules.requests import delete_schedule, get_schedule

    with activity("Asking Azure ML"):
        existing = existing_schedule(get_schedule(connection, name))
    if not yes and not confirm_deletion(f"the schedule '{name}'"):
        click.echo("Nothing was deleted.", err=True)
        raise click.exceptions.Exit(EXIT_FAILED)
    with activity("Deleting"), quiet():
        delete_schedule(connection, existing)
    echo(f"Deleted '{name}'.")
