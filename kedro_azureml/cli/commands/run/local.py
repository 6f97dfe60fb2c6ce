"""``kedro azureml run --local``: rehearse a job on this machine."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from kedro_azureml.cli.commands.run.kept_runs import prune_runs
from kedro_azureml.cli.document import JobDocument, read_document
from kedro_azureml.cli.errors import EXIT_FAILED, EXIT_INTERRUPTED
from kedro_azureml.cli.options.compile import jobs_of
from kedro_azureml.cli.options.json import print_models
from kedro_azureml.cli.options.rehearsal import make_rehearsal_options
from kedro_azureml.console.findings import print_diagnostics
from kedro_azureml.console.text import echo

if TYPE_CHECKING:
    from kedro_azureml.job.model import PipelineJob
    from kedro_azureml.project import Project
    from kedro_azureml.rehearsal import RehearsalOptions, RunReport
    from kedro_azureml.rehearsal.launch.fork_server import ForkServer


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
    reports: list[RunReport] = []
    try:
        for job in jobs:
            _rehearse_job(project, own, job, chosen, reports)
    finally:
        if own["as_json"]:
            _print_reports(reports, several=len(jobs_of(options)) > 1)


def _rehearse_job(
    project: Project,
    own: dict[str, Any],
    options: dict[str, Any],
    chosen: RehearsalOptions,
    reports: list[RunReport],
) -> None:
    from kedro_azureml.rehearsal.launch.fork_server import fork_server
    from kedro_azureml.rehearsal.options import workspace_of

    # It imports while the job is compiled.
    with fork_server(chosen) as server:
        document = read_document(project, own["file"], options, local=True)
        chosen = replace(chosen, workspace=workspace_of(project, document.request.params))
        print_diagnostics(document.warnings)
        report = _rehearse(document, chosen, server)
    reports.append(report)
    if report.status == "Completed" and own["into_catalog"]:
        _copy_into_catalog(document.job, report, project, chosen)
    prune_runs(report, own["keep"])
    _end(report)


def _rehearse(
    document: JobDocument, options: RehearsalOptions, server: ForkServer | None
) -> RunReport:
    from kedro_azureml.console.run.display import make_display
    from kedro_azureml.console.run.summary import print_summary
    from kedro_azureml.rehearsal import rehearse

    with make_display(max_parallel=options.max_parallel) as display:
        report = rehearse(
            document.job,
            document.base,
            options,
            source=document.source,
            progress=display,
            server=server,
        )
    print_summary(report)
    return report


def _copy_into_catalog(
    job: PipelineJob, report: RunReport, project: Project, options: RehearsalOptions
) -> None:
    from kedro_azureml.formatting import count, shown
    from kedro_azureml.project.catalog_places import places_of_record
    from kedro_azureml.rehearsal.catalog_outputs import copy_into_catalog

    places = places_of_record(project, next(filter(None, job.step_records().values()), None))
    copied = copy_into_catalog(report, project.path, places, options.storage)
    if copied.written:
        click.echo(f"\nCopied {count(len(copied.written), 'file')} into the catalog:")
        for path in copied.written:
            echo(f"  {shown(path)}")
    elif not copied.left_out:
        click.echo("\nThere is nothing to copy: no dataset of the run has a path in the project.")
    for name, why in copied.left_out:
        echo(f"Not copied: {name}: {why}.")
    for path, old in copied.kept:
        echo(f"{shown(path)} was not written by kedro-azureml: it is kept as {shown(old)}.")


def _print_reports(reports: list[RunReport], *, several: bool) -> None:
    """Print what the reports in the folders of the runs say."""
    from kedro_azureml.rehearsal.report import read_report

    saved = [read_report(report.folder) for report in reports]
    print_models([report for report in saved if report is not None], several=several)


def _end(report: RunReport) -> None:
    """Exit with the code that says how the run ended."""
    if report.status == "Completed":
        return
    if report.status == "Canceled":
        raise click.exceptions.Exit(EXIT_INTERRUPTED)
    # The summary has said which step failed and why.
    raise click.exceptions.Exit(EXIT_FAILED)
