"""``kedro azureml storage``: what runs left in temporary storage, and its removal."""

from __future__ import annotations

import click

from kedro_azureml.cli.commands.storage.clean import clean
from kedro_azureml.cli.commands.storage.list import list_
from kedro_azureml.cli.options.env import group_env_option


@click.group("storage")
@group_env_option
def storage(env: str | None) -> None:
    """See and remove what runs left in the temporary storage of azureml.yml.

    The account's key is taken from AZURE_STORAGE_ACCOUNT_KEY, or the whole account from
    AZURE_STORAGE_CONNECTION_STRING; otherwise you are asked for the key, or your login is used.
    """
    # The subcommand reads `env` from this group's context: see kedro_azureml/cli/options/env.py.


for command in (list_, clean):
    storage.add_command(command)
