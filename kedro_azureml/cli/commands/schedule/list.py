"""``kedro azureml schedule list``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from kedro_azureml.cli.errors import friendly
from kedro_azureml.cli.options.json import json_option, print_models
from kedro_azureml.cli.options.workspace import connect_to, workspace_options
from kedro_azureml.console.activity import activity

if TYPE_CHECKING:
    from kedro_azureml.azure.connect.target import WorkspaceChoice


@click.command("list")
@json_option
@workspace_options
@click.pass_obj
@friendly
def list_(metadata: Any, /, as_json: bool, env: str | None, workspace: WorkspaceChoice) -> None:
    """List the schedules of the workspace, the paused ones too."""
    connection = connect_to(metadata, env, workspace)
    from kedro_azureml.azure.deploy.schedules.requests import existing_schedules
    from kedro_azureml.azure.deploy.schedules.schedule_json import schedule_json
    from kedro_azureml.console.schedules import print_schedules

    with activity("Asking Azure ML"):
        found = [schedule_json(schedule) for schedule in existing_schedules(connection)]
    if as_json:
        print_models(found, several=True)
    else:
        print_schedules(found)
