"""``kedro azureml job logs``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from kedro_azureml.cli.errors import friendly
from kedro_azureml.cli.options.workspace import connect_to, workspace_options
from kedro_azureml.console.text import echo, echo_log

if TYPE_CHECKING:
    from kedro_azureml.azure.connect.target import WorkspaceChoice


@click.command("logs")
@click.argument("name")
@click.argument("step", required=False)
@click.option("--tail", type=click.IntRange(min=1), metavar="LINES", help="The last lines only.")
@workspace_options
@click.pass_obj
@friendly
def logs(
    metadata: Any,
    /,
    name: str,
    step: str | None,
    tail: int | None,
    env: str | None,
    workspace: WorkspaceChoice,
) -> None:
    """Print the log of a step, or of every step that has begun."""
    connection = connect_to(metadata, env, workspace)
    from kedro_azureml.azure.jobs.logs import last_lines, log_text
    from kedro_azureml.azure.jobs.lookup import find_step, look_up_job
    from kedro_azureml.job.run.model import ENDED

    job = look_up_job(connection, name)
    chosen = [find_step(job, step)] if step else [s for s in job.steps.values() if s.run]
    for view in chosen:
        text = log_text(connection, view)
        if step is None and not text:
            continue
        if step is None:
            echo(f"==> {view.name} <==")
        if tail is not None:
            text = "\n".join(last_lines(text, tail))
        if text:
            echo_log(text)
        else:
            so_far = "printed nothing" if view.status in ENDED else "has printed nothing yet"
            echo(f"'{view.name}' {so_far} ({view.status}).", err=True)
