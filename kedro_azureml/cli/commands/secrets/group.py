"""``kedro azureml secrets``: the secrets of steps, in a key vault."""

from __future__ import annotations

import click

from kedro_azureml.cli.commands.secrets.check import check
from kedro_azureml.cli.commands.secrets.delete import delete
from kedro_azureml.cli.commands.secrets.list import list_
from kedro_azureml.cli.commands.secrets.push import push
from kedro_azureml.cli.options.env import group_env_option


@click.group("secrets")
@group_env_option
def secrets(env: str | None) -> None:
    """Put secrets into a key vault, list and delete them, and check what steps need.

    No command prints a value.
    """
    # The subcommand reads `env` from this group's context: see kedro_azureml/cli/options/env.py.


for command in (push, list_, check, delete):
    secrets.add_command(command)
