"""``kedro azureml schedule resume``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from kedro_azureml.cli.commands.schedule.switch import switch_shown
from kedro_azureml.cli.errors import friendly
from kedro_azureml.cli.options.workspace import workspace_options

if TYPE_CHECKING:
    from kedro_azureml.azure.connect.target import WorkspaceChoice


@click.command("resume")
@click.argument("name")
@workspace_options
@click.pass_obj
@friendly
def resume(metadata: Any, /, name: str, env: str | None, workspace: WorkspaceChoice) -> None:
    """Let a schedule start jobs again."""
    switch_shown(metadata, name, env, workspace, enabled=True)
