"""``kedro azureml endpoint show``."""

from __future__ import annotations

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
    """Show a batch endpoint: its address, and what a call may give it."""
    connection = connect_to(metadata, env, workspace, ("endpoints", name))
    from kedro_azureml.azure.connect.silence import quiet
    from kedro_azureml.azure.deploy.endpoints.endpoint_json import endpoint_json
    from kedro_azureml.azure.deploy.endpoints.requests import (
        component_of,
        default_deployment,
        get_endpoint,
    )
    from kedro_azureml.console.endpoints import print_endpoint

    with activity("Asking Azure ML"), quiet():
        endpoint = get_endpoint(connection, name)
        tags = default_deployment(connection, endpoint).tags
        shown = endpoint_json(endpoint, tags, component_of(connection, tags))
    if as_json:
        print_models([shown], several=False)
    else:
        print_endpoint(shown)
