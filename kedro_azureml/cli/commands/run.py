"""``kedro azureml run``: submit a pipeline job to Azure ML, or rehearse it on this machine."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from kedro_azureml.cli.ahead import ahead_pool
from kedro_azureml.cli.options.compile import compile_options, jobs_of, request_from_options
from kedro_azureml.cli.options.submit import SUBMIT_OPTIONS, submit, submit_options
from kedro_azureml.cli.options.workspace import open_project
from kedro_azureml.console.findings import (
    EXIT_FAILED,
    EXIT_INTERRUPTED,
    friendly,
    print_diagnostics,
)
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError

if TYPE_CHECKING:
    from kedro_azureml.job.model import PipelineJob
    from kedro_azureml.project import Project
    from kedro_azureml.rehearsal import RehearsalOptions, RunReport
    from kedro_azureml.rehearsal.launch.ahead import AheadPool
    from kedro_azureml.rehearsal.launch.warm_process import WarmProcess

_REHEARSAL_OPTIONS = frozenset(
    {"into_catalog", "max_parallel", "max_processes", "warm", "keep", "list_runs", "pass_env"}
)
_OWN_OPTIONS = _REHEARSAL_OPTIONS | SUBMIT_OPTIONS | {"local", "file"}


@click.command("run")
@click.option("--local", is_flag=True, help="Run on this machine, exactly as Azure ML would.")
@click.option(
    "-f",
    "--file",
    type=click.Path(path_type=Path),
    help="A compiled document to run, instead of compiling the project.",
)
@click.option(
    "--into-catalog",
    is_flag=True,
    help="Copy what the run made to its catalog paths, once all steps completed.",
)
@click.option(
    "--max-parallel",
    type=click.IntRange(min=1),
    help="Steps that run at once.  [default: the number of processors, at least 2]",
)
@click.option(
    "--max-processes",
    type=click.IntRange(min=1),
    help="Processes that a distributed step may have; one that has more is refused.  "
    "[default: twice the processors, at least 8]",
)
@click.option(
    "--warm",
    is_flag=True,
    help="Fork steps from one process that has imported the project: faster, less strict (Linux).",
)
@click.option(
    "--keep", type=click.IntRange(min=1), help="Keep only so many runs, and delete older ones."
)
@click.option(
    "--list-runs",
    is_flag=True,
    help="List the runs that are kept, and run nothing; with --keep, delete older ones first.",
)
@click.option(
    "--pass-env",
    multiple=True,
    metavar="NAME",
    help="Variable of your shell to pass to the steps; they see none otherwise.",
)
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
    project_path = Path(context.obj.project_path)
    own = {name: options.pop(name) for name in _OWN_OPTIONS}
    if own["list_runs"]:
        _list_runs(project_path, own["keep"])
        return
    project = open_project(context.obj, options["env"])
    if own["file"] is not None:
        # `-e` changes nothing about a file, but says which azureml.yml is read.
        _refuse(context, lambda name: name not in {*_OWN_OPTIONS, "env"}, _COMPILED_ALREADY)
    if not own["local"]:
        _refuse(context, _REHEARSAL_OPTIONS.__contains__, _NEEDS_LOCAL)
        chosen = {name: own[name] for name in SUBMIT_OPTIONS}
        for each in _each_job(project, options):
            submit(project, own["file"], each, **chosen)
        return
    _refuse(context, SUBMIT_OPTIONS.__contains__, _NOT_LOCAL)
    rehearsal_options = _rehearsal_options(project.path, own)
    with ahead_pool(context.obj, project, own, options, rehearsal_options) as ahead:
        for each in _each_job(project, options):
            _run_here(project, own, each, rehearsal_options, ahead)


def _each_job(project: Project, options: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The options for one job after another, or as they are; every name is checked first."""
    jobs = jobs_of(options)
    for job in jobs:
        request_from_options(project, project.path, **{**options, "job": job})
    for job in jobs:
        if len(jobs) > 1:
            click.echo(f"{'' if job == jobs[0] else chr(10)}Job {job}")
        yield {**options, "job": job}


def _run_here(
    project: Project,
    own: dict[str, Any],
    options: dict[str, Any],
    rehearsal_options: RehearsalOptions,
    ahead: AheadPool | None,
) -> None:
    """Rehearse one job; a job that fails ends the command."""
    with _warm_process(rehearsal_options) as warm:
        job, base, source = _document(project, own["file"], options)
        report = _rehearse(job, base, source, rehearsal_options, warm, ahead)
    if report.status == "Completed" and own["into_catalog"]:
        _copy_into_catalog(report, project.path, rehearsal_options)
    _prune(report, own["keep"])
    _end(report)


def _document(
    project: Project, file: Path | None, options: dict[str, Any]
) -> tuple[PipelineJob, Path, str]:
    """The job, the folder that its paths are relative to, and what to call it."""
    if file is not None:
        from kedro_azureml.job.yaml import load_job

        return load_job(file), file.absolute().parent, str(file)
    from kedro_azureml.compiler import compile_project

    request = request_from_options(project, project.path, local=True, **options)
    compilation = compile_project(request, project)
    print_diagnostics(compilation.diagnostics)
    what = f"the job '{request.job}'" if request.job else f"the pipeline '{request.pipeline}'"
    return compilation.job, project.path, what


_COMPILED_ALREADY = (
    "changes what is compiled, and --file is compiled already.",
    "Leave it out, or give it to 'kedro azureml compile'.",
)
_NEEDS_LOCAL = ("belongs to a rehearsal.", "Add --local, or leave it out.")
_NOT_LOCAL = ("belongs to a job on Azure ML, and --local runs none.", "Leave one of them out.")


def _refuse(context: click.Context, refused: Callable[[str], bool], why: tuple[str, str]) -> None:
    """Refuse options that make no sense together with others."""
    given = [
        parameter.opts[-1]
        for parameter in context.command.params
        if refused(parameter.name or "")
        and context.get_parameter_source(parameter.name or "") == ParameterSource.COMMANDLINE
    ]
    if given:
        message = f"{', '.join(given)} {why[0]}"
        raise DiagnosticError(Diagnostic("KAZ107", message, why[1], where=given[0]))


def _rehearsal_options(project_path: Path, own: dict[str, Any]) -> RehearsalOptions:
    from kedro_azureml.rehearsal import RehearsalOptions
    from kedro_azureml.storage.access import USER_CONNECTION_VARIABLE, Access

    options = RehearsalOptions(
        warm=own["warm"],
        pass_env=tuple(own["pass_env"]),
        project=project_path,
        storage=Access(connection_string=os.environ.get(USER_CONNECTION_VARIABLE) or None),
    )
    from dataclasses import replace

    numbers = {name: own[name] for name in ("max_parallel", "max_processes") if own[name]}
    return replace(options, **numbers)


@contextmanager
def _warm_process(options: RehearsalOptions) -> Iterator[WarmProcess | None]:
    """With --warm, the process that imports the project while this one compiles it."""
    if not options.warm or sys.platform != "linux" or options.project is None:
        yield None
        return
    from kedro_azureml.rehearsal.launch.warm_process import WarmProcess
    from kedro_azureml.rehearsal.workspace.environment import passed_environment

    process = WarmProcess(options.project, passed_environment(options.pass_env))
    try:
        yield process
    finally:
        process.close()


def _rehearse(
    job: PipelineJob,
    base: Path,
    source: str,
    options: RehearsalOptions,
    warm: WarmProcess | None,
    ahead: AheadPool | None,
) -> RunReport:
    from kedro_azureml.console.run_display import make_display
    from kedro_azureml.console.run_summary import print_summary
    from kedro_azureml.rehearsal import rehearse

    with make_display(max_parallel=options.max_parallel) as display:
        report = rehearse(
            job, base, options, source=source, progress=display, warm=warm, ahead=ahead
        )
    print_summary(report)
    return report


def _copy_into_catalog(report: RunReport, project_path: Path, options: RehearsalOptions) -> None:
    from kedro_azureml.formatting import count, shown
    from kedro_azureml.rehearsal.into_catalog import copy_into_catalog

    copied = copy_into_catalog(report, project_path, options.storage)
    if copied.written:
        click.echo(f"\nCopied {count(len(copied.written), 'file')} into the catalog:")
        for path in copied.written:
            click.echo(f"  {shown(path)}")
    elif not copied.left_out:
        click.echo("\nThere is nothing to copy: no step saw a dataset with a path in the project.")
    for name, why in copied.left_out:
        click.echo(f"Not copied: {name}: {why}.")


def _list_runs(project_path: Path, keep: int | None) -> None:
    from kedro_azureml.formatting import count, shown, size
    from kedro_azureml.rehearsal.workspace.run_folders import homes_of, past_runs, prune

    homes = homes_of(project_path)
    for home in homes:
        if keep is not None and (pruned := prune(home, keep)):
            click.echo(f"Deleted {count(len(pruned), 'older run')}.")
    # A run's name begins with its time; a project may have runs in several places.
    runs = sorted(
        (r for h in homes for r in past_runs(h)), key=lambda r: r.folder.name, reverse=True
    )
    for past in runs:
        steps, completed = past.steps
        click.echo(
            f"{past.status:<11} {completed:>4}/{steps:<4} {size(past.size()):>9}  "
            f"{shown(past.folder)}"
        )
    if not runs:
        click.echo("There are no runs.")


def _prune(report: RunReport, keep: int | None) -> None:
    from kedro_azureml.formatting import count, size
    from kedro_azureml.rehearsal.workspace.run_folders import past_runs, prune

    home = report.folder.parent
    if keep is not None:
        pruned = prune(home, keep)
        if pruned:
            click.echo(f"Deleted {count(len(pruned), 'older run')}.")
        return
    older = [past for past in past_runs(home) if past.folder != report.folder]
    if older:
        total = size(sum(past.size() for past in older))
        runs = count(len(older), "older run")
        click.echo(f"{runs} kept here, {total}; '--keep 5' keeps the newest five.")


def _end(report: RunReport) -> None:
    """Exit with the code that says how the run ended."""
    if report.status == "Completed":
        return
    if report.status == "Canceled":
        raise click.exceptions.Exit(EXIT_INTERRUPTED)
    # The summary has said which step failed and why.
    raise click.exceptions.Exit(EXIT_FAILED)
