"""``kedro azureml compute``: the computes that azureml.yml names, as the workspace has them."""

from __future__ import annotations

import click

from kedro_azureml.cli.commands.compute.create import create
from kedro_azureml.cli.commands.compute.delete import delete
from kedro_azureml.cli.commands.compute.list import list_
from kedro_azureml.cli.commands.compute.show import show
from kedro_azureml.cli.options.env import group_env_option


@click.group("compute")
@group_env_option
def compute(env: str | None) -> None:
    """List, show, create and delete the computes that azureml.yml names."""
    # The subcommand reads `env` from this group's context: see kedro_azureml/cli/options/env.py.


for command in (list_, show, create, delete):
    compute.add_command(command)
