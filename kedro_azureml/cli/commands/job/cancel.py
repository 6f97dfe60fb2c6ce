"""``kedro azureml job cancel``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from kedro_azureml.cli.errors import friendly
from kedro_azureml.cli.options.workspace import connect_to, workspace_options
from kedro_azureml.console.text import echo

if TYPE_CHECKING:
    from kedro_azureml.azure.connect.target import WorkspaceChoice


@click.command("cancel")
@click.argument("name")
@workspace_options
@click.pass_obj
@friendly
def cancel(metadata: Any, /, name: str, env: str | None, workspace: WorkspaceChoice) -> None:
    """Cancel a job."""
    connection = connect_to(metadata, env, workspace)
    from kedro_azureml.azure.jobs import cancel as canceling
    from kedro_azureml.job.run.model import ENDED

    status = canceling.cancel(connection, name)
    echo(f"{name}: {status}")
    if status not in ENDED:
        echo(f"Canceling takes a moment. Watch it: kedro azureml job watch {name}")
