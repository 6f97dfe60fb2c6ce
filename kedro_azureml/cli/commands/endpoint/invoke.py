"""``kedro azureml endpoint invoke``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from kedro_azureml.cli.errors import friendly
from kedro_azureml.cli.options.set_inputs import data_of, data_option, inputs_of, set_option
from kedro_azureml.cli.options.workspace import connect_to, workspace_options
from kedro_azureml.cli.wait import wait
from kedro_azureml.console.activity import activity
from kedro_azureml.console.text import echo

if TYPE_CHECKING:
    from kedro_azureml.azure.connect.target import WorkspaceChoice


@click.command("invoke")
@click.argument("name")
@set_option
@data_option
@click.option(
    "--wait-for-completion",
    is_flag=True,
    help="Wait for the job; the exit code is 0 only if it completes.",
)
@workspace_options
@click.pass_obj
@friendly
def invoke(
    metadata: Any,
    /,
    name: str,
    inputs: tuple[str, ...],
    data: tuple[str, ...],
    wait_for_completion: bool,
    env: str | None,
    workspace: WorkspaceChoice,
) -> None:
    """Start the job of a batch endpoint, with other values and other data.

    Data that is not given is what was uploaded when the endpoint was deployed.
    """
    texts, paths = inputs_of(inputs), data_of(data)
    connection = connect_to(metadata, env, workspace, ("endpoints", name))
    from kedro_azureml.azure.deploy.endpoints.invocation import invoke_endpoint

    with activity("Starting the job"):
        job = invoke_endpoint(connection, name, texts, paths)
    echo(f"Started {job}")
    if wait_for_completion:
        wait(connection, job, follow_logs=False, exists=True)
    else:
        echo(f"Watch it: kedro azureml job watch {job}")
