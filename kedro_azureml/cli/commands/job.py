"""``kedro azureml job``: look at jobs on Azure ML, wait for them, fetch what they made."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from kedro_azureml.cli.commands.job_download import download
from kedro_azureml.cli.options.group_env import group_env_option
from kedro_azureml.cli.options.submit import wait
from kedro_azureml.cli.options.workspace import connect_to, quietly, workspace_options
from kedro_azureml.console.findings import friendly
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError, nearest

if TYPE_CHECKING:
    from kedro_azureml.azure.connect.client import Connection
    from kedro_azureml.job.run import Run, RunStep

_DEFAULT_LISTED = 20


@click.group("job")
@group_env_option
def job(env: str | None) -> None:
    """Look at jobs on Azure ML, wait for them, and fetch what they made."""
    # The subcommand reads `env` from this group's context: see kedro_azureml/cli/options/env.py.


_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@job.command("list")
@click.option(
    "-n",
    "--max",
    "most",
    type=click.IntRange(min=1),
    default=_DEFAULT_LISTED,
    show_default=True,
    help="How many jobs.",
)
@click.option("--all", "all_kinds", is_flag=True, help="Also jobs that are not of Kedro.")
@_json_option
@workspace_options
@click.pass_obj
@friendly
def list_(
    metadata: Any,
    /,
    most: int,
    all_kinds: bool,
    as_json: bool,
    env: str | None,
    subscription_id: str | None,
) -> None:
    """List the newest jobs."""
    connection = connect_to(metadata, env, subscription_id)
    from kedro_azureml.azure.jobs.lookup import list_jobs

    with quietly():
        jobs = list_jobs(connection, most, all_kinds=all_kinds)
    if as_json:
        from kedro_azureml.job.run_json import jobs_json

        _print_json([job.model_dump(mode="json") for job in jobs_json(jobs)])
        return
    if not jobs:
        click.echo("There are no jobs.")
    from kedro_azureml.formatting import local_time

    width = max((len(view.name) for view in jobs), default=0)
    for view in jobs:
        created = local_time(view.created) if view.created else ""
        click.echo(
            f"{view.name:<{width}}  {view.status:<15} {created}  {view.pipeline or ''}".rstrip()
        )


@job.command("show")
@click.argument("name")
@_json_option
@workspace_options
@click.pass_obj
@friendly
def show(
    metadata: Any, /, name: str, as_json: bool, env: str | None, subscription_id: str | None
) -> None:
    """Show a job: its steps, their statuses, durations and addresses."""
    view = _view(connect_to(metadata, env, subscription_id), name)
    if as_json:
        from kedro_azureml.job.run_json import job_json

        _print_json(job_json(view).model_dump(mode="json"))
        return
    from kedro_azureml.azure.jobs.outcome import table_of
    from kedro_azureml.formatting import local_time

    click.echo(f"{view.name}: {view.status}")
    facts = (
        ("experiment", view.experiment),
        ("pipeline", view.pipeline),
        ("submitted", local_time(view.created) if view.created else None),
        ("studio", view.address),
    )
    for what, value in facts:
        if value:
            click.echo(f"  {what:<10}  {value}")
    click.echo()
    for line in table_of(view, addresses=True):
        click.echo(line)
    failed = [step for step in view.steps.values() if step.status == "Failed"]
    for step in failed:
        click.echo(f"\n{step.name}: {step.reason or 'Azure ML gives no reason.'}")
        click.echo(f"  its log: kedro azureml job logs {name} {step.name}")


@job.command("watch")
@click.argument("name")
@click.option("--follow-logs", is_flag=True, help="Show what the steps print meanwhile.")
@workspace_options
@click.pass_obj
@friendly
def watch(
    metadata: Any, /, name: str, follow_logs: bool, env: str | None, subscription_id: str | None
) -> None:
    """Wait for a job; the exit code is 0 only if it completes."""
    wait(connect_to(metadata, env, subscription_id), name, follow_logs=follow_logs)


@job.command("logs")
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
    subscription_id: str | None,
) -> None:
    """Print the log of a step, or of every step that has begun."""
    connection = connect_to(metadata, env, subscription_id)
    from kedro_azureml.azure.jobs.logs import last_lines, log_text

    view = _view(connection, name)
    chosen = [_step_of(view, step)] if step else [s for s in view.steps.values() if s.run]
    for one in chosen:
        with quietly():
            text = log_text(connection, one)
        if step is None and not text:
            continue
        if step is None:
            click.echo(f"==> {one.name} <==")
        if tail is not None:
            text = "".join(f"{line}\n" for line in last_lines(text, tail))
        click.echo(text, nl=bool(text) and not text.endswith("\n"))
        if not text:
            click.echo(f"'{one.name}' has printed nothing yet ({one.status}).", err=True)


@job.command("cancel")
@click.argument("name")
@workspace_options
@click.pass_obj
@friendly
def cancel(metadata: Any, /, name: str, env: str | None, subscription_id: str | None) -> None:
    """Cancel a job."""
    connection = connect_to(metadata, env, subscription_id)
    from kedro_azureml.azure.jobs.lookup import cancel_job
    from kedro_azureml.job.run import ENDED

    with quietly():
        before, status = cancel_job(connection, name)
    if before in ENDED:
        raise DiagnosticError(
            Diagnostic(
                "KAZ708",
                f"The job '{name}' is over already ({before}).",
                "There is nothing to cancel.",
            )
        )
    click.echo(f"{name}: {status}")
    if status not in ENDED:
        click.echo(f"Canceling takes a moment. Watch it: kedro azureml job watch {name}")


def _print_json(data: object) -> None:
    click.echo(json.dumps(data, indent=1))


def _view(connection: Connection, name: str) -> Run:
    from kedro_azureml.azure.jobs.lookup import get_job, view_job

    with quietly():
        return view_job(connection, get_job(connection, name))


def _step_of(view: Run, name: str) -> RunStep:
    """A step by its name, or by its Kedro node."""
    if name in view.steps:
        return view.steps[name]
    for step in view.steps.values():
        if name in step.nodes:
            return step
    raise DiagnosticError(
        Diagnostic(
            "KAZ202",
            f"The job '{view.name}' has no step '{name}'.",
            nearest(name, view.steps),
            where="STEP",
        )
    )


job.add_command(download)
