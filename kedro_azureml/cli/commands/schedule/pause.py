"""``kedro azureml schedule pause``."""

from __future__ import annotations

from typing import Any

import click

from kedro_azureml.cli.commands.schedule.switch import switch_shown
from kedro_azureml.cli.errors import friendly
from kedro_azureml.cli.options.workspace import workspace_options


@click.command("pause")
@click.argument("name")
@workspace_options
@click.pass_obj
@friendly
def pause(metadata: Any, /, name: str, env: str | None, subscription_id: str | None) -> None:
    """Let a schedule start no more jobs; those that run go on."""
    switch_shown(metadata, name, env, subscription_id, enabled=False)
