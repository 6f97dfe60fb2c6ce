"""``kedro azureml job watch``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from kedro_azureml.cli.errors import friendly
from kedro_azureml.cli.options.workspace import connect_to, workspace_options
from kedro_azureml.cli.wait import wait

if TYPE_CHECKING:
    from kedro_azureml.azure.connect.target import WorkspaceChoice


@click.command("watch")
@click.argument("name")
@click.option("--follow-logs", is_flag=True, help="Show what the steps print meanwhile.")
@workspace_options
@click.pass_obj
@friendly
def watch(
    metadata: Any, /, name: str, follow_logs: bool, env: str | None, workspace: WorkspaceChoice
) -> None:
    """Wait for a job; the exit code is 0 only if it completes."""
    wait(connect_to(metadata, env, workspace), name, follow_logs=follow_logs)
