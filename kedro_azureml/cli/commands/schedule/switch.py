"""Pausing and resuming a schedule, and saying what the next deployment makes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kedro_azureml.cli.options.workspace import connect_with_config
from kedro_azureml.console.activity import activity
from kedro_azureml.console.text import echo

if TYPE_CHECKING:
    from kedro_azureml.azure.connect.target import WorkspaceChoice


def switch_shown(
    metadata: Any, name: str, env: str | None, workspace: WorkspaceChoice, *, enabled: bool
) -> None:
    """Pause or resume a schedule; nothing is sent if it is so already."""
    config, connection = connect_with_config(metadata, env, workspace, ("schedules", name))
    from kedro_azureml.azure.connect.silence import quiet
    from kedro_azureml.azure.deploy.schedules.requests import get_schedule, switch_schedule

    with activity("Asking Azure ML"):
        already = bool(get_schedule(connection, name).is_enabled) == enabled
    word = "enabled" if enabled else "paused"
    if already:
        echo(f"'{name}' is {word} already.")
    else:
        with activity("Asking Azure ML"), quiet():
            switch_schedule(connection, name, enabled=enabled)
        echo(f"'{name}' is {word}.")
    section = config.azure.schedules.get(name)
    if section is not None and section.enabled != enabled:
        wanted = str(section.enabled).lower()
        echo(f"The next 'kedro azureml deploy' undoes that: azureml.yml says enabled: {wanted}.")
