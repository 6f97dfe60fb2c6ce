"""``kedro azureml storage list``."""

from __future__ import annotations

from typing import Any

import click

from kedro_azureml.cli.errors import friendly
from kedro_azureml.cli.options.env import env_option
from kedro_azureml.cli.options.json import json_option, print_json
from kedro_azureml.cli.options.storage import open_storage
from kedro_azureml.console.text import echo


@click.command("list")
@json_option
@env_option
@click.pass_obj
@friendly
def list_(metadata: Any, /, as_json: bool, env: str | None) -> None:
    """List the runs that left data: how many datasets, their size, their age."""
    store = open_storage(metadata, env)
    from kedro_azureml.azure import stored_runs
    from kedro_azureml.formatting import count, local_time, size

    runs = stored_runs.find_runs(store)
    if as_json:
        print_json([stored_runs.as_data(run) for run in runs])
        return
    if not runs:
        click.echo("No run left any data.")
        return
    width = max(len(run.name) for run in runs)
    for run in runs:
        datasets = count(len(run.entries), "dataset")
        echo(
            f"{run.name:<{width}}  {datasets:>12}  {size(run.size):>9}  "
            f"{local_time(run.modified)}  {stored_runs.age(run)}"
        )
    echo(f"{count(len(runs), 'run')}, {size(sum(run.size for run in runs))}.")
