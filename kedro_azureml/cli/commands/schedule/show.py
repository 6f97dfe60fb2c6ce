"""``kedro azureml schedule show``."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kedro_azureml.cli.errors import friendly
from kedro_azureml.cli.options.json import json_option, print_models
from kedro_azureml.cli.options.workspace import connect_to, workspace_options
from kedro_azureml.console.activity import activity

if TYPE_CHECKING:
    from kedro_azureml.azure.connect.target import WorkspaceChoice


@click.command("show")
@click.argument("name")
@json_option
@workspace_options
@click.pass_obj
@friendly
def show(
    metadata: Any, /, name: str, as_json: bool, env: str | None, workspace: WorkspaceChoice
) -> None:
    """Show a schedule: when it starts its job next, and which commit it is deployed from."""
    connection = connect_to(metadata, env, workspace, ("schedules", name))
    from kedro_azureml.azure.deploy.schedules.described import existing_schedule
    from kedro_azureml.azure.deploy.schedules.requests import get_schedule
    from kedro_azureml.azure.deploy.schedules.schedule_json import schedule_json
    from kedro_azureml.azure.deploy.schedules.when import next_times_of
    from kedro_azureml.console.schedules import print_schedule
    from kedro_azureml.job.source_version import commits_since

    with activity("Asking Azure ML"):
        schedule = get_schedule(connection, name)
    existing = existing_schedule(schedule)
    commit = existing.commit
    shown = schedule_json(
        existing,
        commits_since=commits_since(Path(metadata.project_path), commit.name) if commit else None,
        next_times=next_times_of(schedule, datetime.now(timezone.utc)),
    )
    if as_json:
        print_models([shown], several=False)
    else:
        print_schedule(shown)
