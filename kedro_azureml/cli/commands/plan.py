"""``kedro azureml plan``: the job as a picture."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kedro_azureml.cli.compilation import compile_shown
from kedro_azureml.cli.errors import EXIT_FAILED, friendly
from kedro_azureml.cli.files import replace_file, target_files
from kedro_azureml.cli.options.compile import compile_options, jobs_of, request_from_options
from kedro_azureml.cli.options.json import json_option, print_models
from kedro_azureml.cli.options.workspace import open_project
from kedro_azureml.console.findings import print_diagnostics
from kedro_azureml.diagnostics import DiagnosticError
from kedro_azureml.formatting import shown
from kedro_azureml.job.snapshot.own_files import PAGE_MARK

if TYPE_CHECKING:
    from kedro_azureml.compiler import Compilation, CompileRequest
    from kedro_azureml.plan_view.graph import Graph
    from kedro_azureml.plan_view.plan_json import PlanJson
    from kedro_azureml.project import Project


@click.command("plan")
@click.option(
    "--html",
    metavar="FILE",
    help="Write the picture as a page that works offline; with several jobs the folder for them.",
)
@json_option
@compile_options
@click.pass_obj
@friendly
def plan(metadata: Any, /, html: str | None, as_json: bool, **options: Any) -> None:
    """Show the steps of a pipeline job as a picture.

    A tree of the steps, coloured by compute; how many there are, the longest path, and what would
    be uploaded. Nothing is written but the page of --html, which also has the times of the newest
    rehearsal of these steps. A job with errors is shown all the same, if there is one to show; the
    exit code is then 1.
    """
    jobs = jobs_of(options)
    targets: dict[str | None, Path] = {}
    if html:
        targets = target_files(jobs, html, ".html", PAGE_MARK, "no page of this command", "--html")
    project = open_project(metadata, options["env"])
    plans: list[PlanJson] = []
    for job in jobs:
        if plans:
            click.echo()
        request = request_from_options(project, project.path, **{**options, "job": job})
        plans.append(_plan(project, request, targets.get(job)))
    if as_json:
        print_models(plans, several=len(jobs) > 1)
    if any(finding.severity == "error" for plan in plans for finding in plan.findings):
        raise click.exceptions.Exit(EXIT_FAILED)


def _plan(project: Project, request: CompileRequest, target: Path | None) -> PlanJson:
    """Show one job, and return the same as JSON."""
    from kedro_azureml.cli.plan_tree import print_plan
    from kedro_azureml.plan_view.graph import make_graph
    from kedro_azureml.plan_view.plan_json import plan_json

    compilation = _compiled(project, request)
    graph = make_graph(compilation)
    print_diagnostics(compilation.diagnostics)
    print_plan(compilation, graph)
    if target is not None:
        _write(request.project_path, compilation, graph, target)
    return plan_json(compilation, graph)


def _compiled(project: Project, request: CompileRequest) -> Compilation:
    """Compile the job; without azureml.yml, the one that a rehearsal runs."""
    try:
        return compile_shown(request, project, with_errors=True)
    except DiagnosticError as error:
        if [d.code for d in error.diagnostics] != ["KAZ101"]:
            raise
        return compile_shown(replace(request, local=True), project, with_errors=True)


def _write(project: Path, compilation: Compilation, graph: Graph, target: Path) -> None:
    from kedro_azureml.plan_view.page import render_page
    from kedro_azureml.plan_view.times import newest_times

    times = newest_times(project, graph.steps)
    page = render_page(compilation, graph, times)
    replace_file(target, page, "Name another file with --html.", "--html")
    of_run = f", with the times of the rehearsal {times.run}" if times else ""
    click.echo(f"Written to {shown(target)}{of_run}.")
