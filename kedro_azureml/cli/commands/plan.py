"""``kedro azureml plan``: the job as a picture."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kedro_azureml.cli.files import refuse_to_lose, replace_file
from kedro_azureml.cli.options.compile import compile_options, jobs_of, request_from_options
from kedro_azureml.cli.options.workspace import open_project
from kedro_azureml.console.findings import EXIT_FAILED, friendly, print_diagnostics
from kedro_azureml.diagnostics import DiagnosticError
from kedro_azureml.formatting import shown
from kedro_azureml.job.snapshot.own_files import PAGE_MARK

if TYPE_CHECKING:
    from kedro_azureml.compiler import Compilation, CompileRequest
    from kedro_azureml.plan_view.graph import Graph
    from kedro_azureml.project import Project


@click.command("plan")
@click.option(
    "--html",
    metavar="FILE",
    help="Write the picture as a page that works offline; with several jobs the folder for them.",
)
@compile_options
@click.pass_obj
@friendly
def plan(metadata: Any, /, html: str | None, **options: Any) -> None:
    """Show the steps of a pipeline job as a picture.

    A tree of the steps, coloured by compute; how many there are, the longest path, and what would
    be uploaded. Nothing is written but the page of --html, which also has the times of the newest
    rehearsal of these steps. A job with errors is shown all the same, if there is one to show; the
    exit code is then 1.
    """
    jobs = jobs_of(options)
    targets = {job: _target(html, job, several=len(jobs) > 1) for job in jobs}
    for target in targets.values():
        if target is not None:
            refuse_to_lose(target, PAGE_MARK, "no page of this command", "--html")
    project = open_project(metadata, options["env"])
    sound = True
    for number, (job, target) in enumerate(targets.items()):
        if number:
            click.echo()
        request = request_from_options(project, project.path, **{**options, "job": job})
        sound = _plan(project, request, target) and sound
    if not sound:
        raise click.exceptions.Exit(EXIT_FAILED)


def _target(html: str | None, job: str | None, *, several: bool) -> Path | None:
    if html is None:
        return None
    return Path(html, f"{job}.html").absolute() if several else Path(html).absolute()


def _plan(project: Project, request: CompileRequest, target: Path | None) -> bool:
    """Show one job; whether it has no error."""
    from kedro_azureml.plan_view.graph import make_graph

    compilation = _compiled(project, request)
    graph = make_graph(compilation)
    print_diagnostics(compilation.diagnostics)
    _print(compilation, graph)
    if target is not None:
        _write(request.project_path, compilation, graph, target)
    return all(d.severity != "error" for d in compilation.diagnostics)


def _compiled(project: Project, request: CompileRequest) -> Compilation:
    """The job; of a project without azureml.yml, the one that a rehearsal runs."""
    from kedro_azureml.compiler import compile_project

    try:
        return compile_project(request, project, with_errors=True)
    except DiagnosticError as error:
        if [d.code for d in error.diagnostics] != ["KAZ101"]:
            raise
        return compile_project(replace(request, local=True), project, with_errors=True)


def _print(compilation: Compilation, graph: Graph) -> None:
    import textwrap

    from kedro_azureml.console.terminal import make_console, say
    from kedro_azureml.plan_view.facts import facts
    from kedro_azureml.plan_view.tree import PLAIN, Signs, draw_tree

    console = make_console(sys.stdout)
    signs = Signs() if (console.encoding or "").lower().startswith("utf") else PLAIN
    say(console, graph.name)
    say(console, "")
    for line in draw_tree(graph, signs):
        line.truncate(console.width, overflow="ellipsis")
        say(console, line)
    say(console, "")
    for fact in facts(compilation, graph):
        for part in textwrap.wrap(fact, console.width, subsequent_indent="  "):
            say(console, part)


def _write(project: Path, compilation: Compilation, graph: Graph, target: Path) -> None:
    from kedro_azureml.plan_view.page import render_page
    from kedro_azureml.plan_view.times import newest_times

    times = newest_times(project, graph.steps)
    page = render_page(compilation, graph, times)
    replace_file(target, page, "Name another file with --html.", "--html")
    of_run = f", with the times of the rehearsal {times.run}" if times else ""
    click.echo(f"Written to {shown(target)}{of_run}.")
