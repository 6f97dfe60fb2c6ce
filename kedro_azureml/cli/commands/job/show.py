"""``kedro azureml job show``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from kedro_azureml.cli.errors import friendly
from kedro_azureml.cli.options.json import json_option, print_json
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
    """Show a job: its steps, their statuses, durations and addresses."""
    connection = connect_to(metadata, env, workspace)
    from kedro_azureml.azure.jobs.lookup import look_up_job

    with activity("Asking Azure ML"):
        job = look_up_job(connection, name)
    if as_json:
        from kedro_azureml.job.run.run_json import job_json

        print_json(job_json(job).model_dump(mode="json"))
        return
    from kedro_azureml.console.jobs import print_job

    print_job(job)
