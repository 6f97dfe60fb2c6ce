"""``kedro azureml run``: submit a pipeline job to Azure ML, or rehearse it on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kedro_azureml.cli.errors import friendly
from kedro_azureml.cli.options.compile import compile_options, jobs_of, request_from_options
from kedro_azureml.cli.options.rehearsal import REHEARSAL_OPTIONS, rehearsal_options
from kedro_azureml.cli.options.schedule import with_job_of_schedule
from kedro_azureml.cli.options.set_inputs import set_option
from kedro_azureml.cli.options.submit import SUBMIT_OPTIONS, submit_options
from kedro_azureml.cli.options.together import refuse_options
from kedro_azureml.cli.options.workspace import open_project
from kedro_azureml.console.text import echo

if TYPE_CHECKING:
    from kedro_azureml.project import Project

_OWN_OPTIONS = REHEARSAL_OPTIONS | SUBMIT_OPTIONS | {"local", "file", "follow_logs", "inputs"}
_COMPILED_ALREADY = (
    "changes what is compiled, and --file is compiled already.",
    "Leave it out, or give it to 'kedro azureml compile'.",
)
_NEEDS_SCHEDULE = ("says when a schedule starts its job.", "Add --schedule, or leave it out.")
_NEEDS_LOCAL = ("belongs to a rehearsal.", "Add --local, or leave it out.")
_NOT_LOCAL = ("belongs to a job on Azure ML, and --local runs none.", "Leave one of them out.")


@click.command("run")
@click.option("--local", is_flag=True, help="Run on this machine, exactly as Azure ML would.")
@click.option(
    "-f",
    "--file",
    type=click.Path(path_type=Path),
    help="A compiled document to run, instead of compiling the project.",
)
@set_option
@rehearsal_options
@compile_options
@submit_options
@click.pass_context
@friendly
def run(context: click.Context, /, **options: Any) -> None:
    """Run a pipeline as an Azure ML job.

    Without --local the job is submitted to the workspace that azureml.yml names.

    With --local the job is rehearsed on this machine: each step in a process of its own, with the
    files that Azure ML would upload, a clean environment and read-only inputs.
    """
    from kedro_azureml.cli.commands.run import kept_runs, local, remote

    own = {name: options.pop(name) for name in _OWN_OPTIONS}
    if own["list_runs"] or own["logs"]:
        kept_runs.show(Path(context.obj.project_path), own)
        return
    project = open_project(context.obj, options["env"])
    if own["file"] is not None:
        # `-e` changes nothing about a file, but says which azureml.yml is read.
        kept = {*_OWN_OPTIONS, "env"} - {"schedule", "at"}
        refuse_options(context, lambda name: name not in kept, _COMPILED_ALREADY)
    refuse_options(
        context,
        (SUBMIT_OPTIONS if own["local"] else REHEARSAL_OPTIONS).__contains__,
        _NOT_LOCAL if own["local"] else _NEEDS_LOCAL,
    )
    if own["schedule"] is None:
        refuse_options(context, "at".__eq__, _NEEDS_SCHEDULE)
    options = with_job_of_schedule(project, options, own["schedule"])
    jobs = _each_job(project, options)
    if own["local"]:
        local.rehearse_jobs(project, own, options, jobs)
    else:
        remote.submit_jobs(project, own, jobs)


def _each_job(project: Project, options: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the options for one job after another; every name is checked first."""
    jobs = jobs_of(options)
    for job in jobs:
        request_from_options(project, project.path, **{**options, "job": job})
    for job in jobs:
        if len(jobs) > 1:
            if job != jobs[0]:
                echo()
            echo(f"Job {job}")
        yield {**options, "job": job}
