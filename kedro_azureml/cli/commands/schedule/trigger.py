"""``kedro azureml schedule trigger``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from kedro_azureml.cli.errors import friendly
from kedro_azureml.cli.options.workspace import connect_to, workspace_options
from kedro_azureml.cli.wait import wait
from kedro_azureml.console.activity import activity
from kedro_azureml.console.text import echo

if TYPE_CHECKING:
    from kedro_azureml.azure.connect.target import WorkspaceChoice


@click.command("trigger")
@click.argument("name")
@click.option(
    "--wait-for-completion",
    is_flag=True,
    help="Wait for the job; the exit code is 0 only if it completes.",
)
@workspace_options
@click.pass_obj
@friendly
def trigger(
    metadata: Any,
    /,
    name: str,
    wait_for_completion: bool,
    env: str | None,
    workspace: WorkspaceChoice,
) -> None:
    """Let a schedule start its job now, once more."""
    connection = connect_to(metadata, env, workspace, ("schedules", name))
    from kedro_azureml.azure.deploy.schedules.requests import trigger_schedule

    with activity("Starting the job"):
        job = trigger_schedule(connection, name)
    echo(f"Started {job}")
    if wait_for_completion:
        wait(connection, job, follow_logs=False, exists=True)
    else:
        echo(f"Watch it: kedro azureml job watch {job}")
