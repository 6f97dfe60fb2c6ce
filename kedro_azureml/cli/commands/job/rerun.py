"""``kedro azureml job rerun``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from kedro_azureml.cli.errors import friendly
from kedro_azureml.cli.options.set_inputs import inputs_of, set_option
from kedro_azureml.cli.options.workspace import connect_to, workspace_options
from kedro_azureml.cli.wait import wait
from kedro_azureml.console.activity import activity
from kedro_azureml.console.text import echo

if TYPE_CHECKING:
    from kedro_azureml.azure.connect.target import WorkspaceChoice


@click.command("rerun")
@click.argument("name")
@set_option
@click.option(
    "--wait-for-completion",
    is_flag=True,
    help="Wait for the job; the exit code is 0 only if it completes.",
)
@workspace_options
@click.pass_obj
@friendly
def rerun(
    metadata: Any,
    /,
    name: str,
    inputs: tuple[str, ...],
    wait_for_completion: bool,
    env: str | None,
    workspace: WorkspaceChoice,
) -> None:
    """Run a job once more, as it was submitted, with other values for its inputs.

    Nothing is compiled or uploaded: the new job has the code of the old one.
    """
    texts = inputs_of(inputs)
    connection = connect_to(metadata, env, workspace)
    from kedro_azureml.azure.connect.client import studio_address
    from kedro_azureml.azure.jobs import rerun as rerunning

    with activity("Submitting the job"):
        job = rerunning.rerun(connection, name, texts)
    echo(f"Submitted {job.name}")
    echo(f"Studio: {studio_address(job)}")
    if wait_for_completion:
        wait(connection, job.name, follow_logs=False, exists=True)
    else:
        echo(f"Watch it: kedro azureml job watch {job.name}")
