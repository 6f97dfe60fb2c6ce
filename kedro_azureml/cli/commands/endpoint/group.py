"""``kedro azureml endpoint``: look at batch endpoints, and start their jobs."""

from __future__ import annotations

import click

from kedro_azureml.cli.commands.endpoint.delete import delete
from kedro_azureml.cli.commands.endpoint.invoke import invoke
from kedro_azureml.cli.commands.endpoint.list import list_
from kedro_azureml.cli.commands.endpoint.show import show
from kedro_azureml.cli.options.env import group_env_option


@click.group("endpoint")
@group_env_option
def endpoint(env: str | None) -> None:
    """Look at the batch endpoints of the workspace, and start their jobs.

    'kedro azureml deploy' makes them.
    """
    # The subcommand reads `env` from this group's context: see kedro_azureml/cli/options/env.py.


for command in (list_, show, invoke, delete):
    endpoint.add_command(command)
