"""``kedro azureml run --local``: rehearse a job on this machine."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from kedro_azureml.cli.commands.run.into_catalog import copy_results
from kedro_azureml.cli.commands.run.kept_runs import prune_runs
from kedro_azureml.cli.commands.run.sweep import print_results
from kedro_azureml.cli.document import read_document
from kedro_azureml.cli.errors import EXIT_FAILED, EXIT_INTERRUPTED
from kedro_azureml.cli.options.compile import jobs_of
from kedro_azureml.cli.options.json import print_models
from kedro_azureml.cli.options.rehearsal import make_rehearsal_options
from kedro_azureml.console.findings import print_diagnostics

if TYPE_CHECKING:
    from kedro_azureml.job.run.run_json import ReportJson
    from kedro_azureml.project import Project
    from kedro_azureml.rehearsal import RehearsalOptions


# What gives values to the job's inputs.
_VALUES = ("inputs", "schedule", "at")


def rehearse_jobs(
    project: Project,
    own: dict[str, Any],
    options: dict[str, Any],
    jobs: Iterable[dict[str, Any]],
) -> None:
    """Rehearse one job after another; a job that fails ends the command.

    Args:
        project: The project.
        own: The options of `rehearsal_options`, and ``file``.
        options: The options of `compile_options`.
        jobs: The same for each job.
    """
    chosen = make_rehearsal_options(project.path, own)
    reports: list[ReportJson] = []
    try:
        for job in jobs:
            _rehearse_job(project, own, job, chosen, reports)
    finally:
        if own["as_json"]:
            print_models(reports, several=len(jobs_of(options)) > 1)


def _rehearse_job(
    project: Project,
    own: dict[str, Any],
    options: dict[str, Any],
    chosen: RehearsalOptions,
    reports: list[ReportJson],
) -> None:
    from kedro_azureml.console.run.display import make_display
    from kedro_azureml.console.run.failures import failures
    from kedro_azureml.console.run.summary import print_summary
    from kedro_azureml.rehearsal import rehearse
    from kedro_azureml.rehearsal.catalog_outputs import can_be_copied
    from kedro_azureml.rehearsal.launch.fork_server import fork_server
    from kedro_azureml.rehearsal.options import workspace_of
    from kedro_azureml.rehearsal.report import read_report

    # It imports while the job is compiled.
    with fork_server(chosen) as server:
        given = {key: own[key] for key in _VALUES}
        given["on_load"] = server.make_ready if server else None
        document = read_document(project, own["file"], options, local=True, **given)
        chosen = replace(chosen, workspace=workspace_of(project, document.request.params))
        print_diagnostics(document.warnings)
        with make_display(max_parallel=chosen.max_parallel) as display:
            report = rehearse(
                document.job,
                document.base,
                chosen,
                source=document.source,
                progress=display,
                server=server,
            )
        print_summary(report)
        print_results(report, document.job)
        print_diagnostics(failures(report))
    if saved := read_report(report.folder):
        reports.append(saved)
    if own["into_catalog"] and can_be_copied(report):
        copy_results(project, document.job, report, chosen)
    prune_runs(report.folder, own["keep"])
    if report.status != "Completed":
        canceled = report.status == "Canceled"
        raise click.exceptions.Exit(EXIT_INTERRUPTED if canceled else EXIT_FAILED)
