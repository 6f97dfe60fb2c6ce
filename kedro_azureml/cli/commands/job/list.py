"""``kedro azureml job list``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from kedro_azureml.cli.errors import friendly
from kedro_azureml.cli.options.json import json_option, print_json
from kedro_azureml.cli.options.workspace import connect_to, workspace_options
from kedro_azureml.console.activity import activity

_DEFAULT_LISTED = 20

if TYPE_CHECKING:
    from kedro_azureml.azure.connect.target import WorkspaceChoice


@click.command("list")
@click.option(
    "--max",
    "most",
    type=click.IntRange(min=1),
    default=_DEFAULT_LISTED,
    show_default=True,
    help="How many jobs.",
)
# The older letter, which is Kedro's for nodes elsewhere.
@click.option("-n", "older_most", type=click.IntRange(min=1), hidden=True)
@click.option("--all", "all_kinds", is_flag=True, help="List jobs that are not Kedro's, too.")
@json_option
@workspace_options
@click.pass_obj
@friendly
def list_(
    metadata: Any,
    /,
    most: int,
    older_most: int | None,
    all_kinds: bool,
    as_json: bool,
    env: str | None,
    workspace: WorkspaceChoice,
) -> None:
    """List the newest jobs."""
    connection = connect_to(metadata, env, workspace)
    from kedro_azureml.azure.jobs.lookup import list_jobs

    with activity("Asking Azure ML"):
        jobs = list_jobs(connection, older_most or most, all_kinds=all_kinds)
    if as_json:
        from kedro_azureml.job.run.run_json import jobs_json

        print_json([job.model_dump(mode="json") for job in jobs_json(jobs)])
        return
    from kedro_azureml.console.jobs import print_jobs

    print_jobs(jobs)
