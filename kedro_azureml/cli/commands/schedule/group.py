"""``kedro azureml schedule``: look at the schedules of the workspace, and stop and start them."""

from __future__ import annotations

import click

from kedro_azureml.cli.commands.schedule.delete import delete
from kedro_azureml.cli.commands.schedule.list import list_
from kedro_azureml.cli.commands.schedule.pause import pause
from kedro_azureml.cli.commands.schedule.resume import resume
from kedro_azureml.cli.commands.schedule.runs import runs
from kedro_azureml.cli.commands.schedule.show import show
from kedro_azureml.cli.commands.schedule.trigger import trigger
from kedro_azureml.cli.options.env import group_env_option


@click.group("schedule")
@group_env_option
def schedule(env: str | None) -> None:
    """Look at the schedules of the workspace, and stop and start them.

    'kedro azureml deploy' makes them.
    """
    # The subcommand reads `env` from this group's context: see kedro_azureml/cli/options/env.py.


for command in (list_, show, pause, resume, trigger, delete, runs):
    schedule.add_command(command)
