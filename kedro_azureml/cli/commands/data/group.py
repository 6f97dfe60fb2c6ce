"""``kedro azureml data``: the data assets that the catalog names."""

from __future__ import annotations

import click

from kedro_azureml.cli.commands.data.pull import pull
from kedro_azureml.cli.options.env import group_env_option


@click.group("data")
@group_env_option
def data(env: str | None) -> None:
    """Fetch the data assets that the catalog names."""
    # The subcommand reads `env` from this group's context: see kedro_azureml/cli/options/env.py.


data.add_command(pull)
