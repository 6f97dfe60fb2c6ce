"""``kedro azureml job``: look at jobs on Azure ML, wait for them, fetch what they made."""

from __future__ import annotations

import click

from kedro_azureml.cli.commands.job.cancel import cancel
from kedro_azureml.cli.commands.job.download import download
from kedro_azureml.cli.commands.job.list import list_
from kedro_azureml.cli.commands.job.logs import logs
from kedro_azureml.cli.commands.job.rerun import rerun
from kedro_azureml.cli.commands.job.show import show
from kedro_azureml.cli.commands.job.watch import watch
from kedro_azureml.cli.options.env import group_env_option


@click.group("job")
@group_env_option
def job(env: str | None) -> None:
    """Look at jobs on Azure ML, wait for them, and fetch what they made."""
    # The subcommand reads `env` from this group's context: see kedro_azureml/cli/options/env.py.


for command in (list_, show, watch, logs, cancel, rerun, download):
    job.add_command(command)
