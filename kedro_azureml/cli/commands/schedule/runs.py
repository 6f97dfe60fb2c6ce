"""``kedro azureml schedule runs``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from kedro_azureml.cli.errors import friendly
from kedro_azureml.cli.options.json import json_option, print_models
from kedro_azureml.cli.options.workspace import connect_to, workspace_options
from kedro_azureml.console.activity import activity

_DEFAULT_LISTED = 20

if TYPE_CHECKING:
    from kedro_azureml.azure.connect.target import WorkspaceChoice


@click.command("runs")
@click.argument("name")
@click.option(
    "--max",
    "most",
    type=click.IntRange(min=1),
    default=_DEFAULT_LISTED,
    show_default=True,
    help="How many jobs.",
)
@json_option
@workspace_options
@click.pass_obj
@friendly
def runs(
    metadata: Any,
    /,
    name: str,
    most: int,
    as_json: bool,
    env: str | None,
    workspace: WorkspaceChoice,
) -> None:
    """List the newest jobs that a schedule has started."""
    connection = connect_to(metadata, env, workspace, ("schedules", name))
    from kedro_azureml.azure.deploy.schedules.requests import get_schedule
    from kedro_azureml.azure.jobs.lookup import list_jobs

    with activity("Asking Azure ML"):
        jobs = list_jobs(connection, most, schedule=name)
        if not jobs:
            # One that has started none, or a name that is misspelt? A deleted one may have some.
            get_schedule(connection, name)
    if as_json:
        from kedro_azureml.job.run.run_json import jobs_json

        print_models(jobs_json(jobs), several=True)
        return
    from kedro_azureml.console.jobs import print_jobs

    print_jobs(jobs)
