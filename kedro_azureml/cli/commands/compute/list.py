"""``kedro azureml compute list``."""

from __future__ import annotations

from dataclasses import astuple
from typing import TYPE_CHECKING, Any

import click

from kedro_azureml.cli.errors import friendly
from kedro_azureml.cli.options.json import json_option, print_json
from kedro_azureml.cli.options.workspace import connect_with_config, workspace_options
from kedro_azureml.console.activity import activity
from kedro_azureml.console.text import echo

if TYPE_CHECKING:
    from kedro_azureml.azure.connect.target import WorkspaceChoice


@click.command("list")
@json_option
@workspace_options
@click.pass_obj
@friendly
def list_(metadata: Any, /, as_json: bool, env: str | None, workspace: WorkspaceChoice) -> None:
    """List the aliases and the other computes."""
    config, connection = connect_with_config(metadata, env, workspace)
    from kedro_azureml.azure.computes.state import list_computes

    with activity("Asking Azure ML"):
        rows = list_computes(connection, config)
    if as_json:
        keys = ("alias", "name", "is", "exists")
        print_json([dict(zip(keys, astuple(row), strict=True)) for row in rows])
        return
    first = max((len(row.alias or "-") for row in rows), default=0)
    second = max((len(row.name) for row in rows), default=0)
    for row in rows:
        echo(f"{row.alias or '-':<{first}}  {row.name:<{second}}  {row.state}")
    if not rows:
        click.echo("There are no computes.")
