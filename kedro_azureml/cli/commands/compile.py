"""``kedro azureml compile``: write the job document."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from kedro_azureml.cli.commands.compile_document import compile_document, write_compiled
from kedro_azureml.cli.errors import EXIT_DRIFT, friendly
from kedro_azureml.cli.options.compile import compile_options, jobs_of, request_from_options
from kedro_azureml.cli.options.json import json_option, print_models
from kedro_azureml.cli.options.output import (
    all_option,
    check_option,
    documents_of,
    output_option,
    resolve_option,
    with_all_jobs,
)
from kedro_azureml.cli.options.schedule import schedule_option, with_job_of_schedule
from kedro_azureml.cli.options.workspace import (
    choice_of,
    find_config,
    open_project,
    target_options,
)
from kedro_azureml.cli.schedule_file import make_schedule_file, write_schedule


@click.command("compile")
@output_option
@check_option
@all_option
@resolve_option
@schedule_option
@json_option
@target_options
@compile_options
@click.pass_obj
@friendly
def compile_(
    metadata: Any,
    /,
    output: str | None,
    check: bool,
    all_jobs: bool,
    resolve: bool,
    schedule: str | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Compile a pipeline to an Azure ML job document.

    Paths in the document are relative to the file, so keep the file where it is written. It is
    what 'kedro azureml run' submits, and 'az ml job create -f' accepts it too.
    """
    choice = choice_of(options)
    project = open_project(metadata, options["env"])
    if all_jobs:
        options = with_all_jobs(project, options, schedule)
    else:
        options = with_job_of_schedule(project, options, schedule)
    jobs = jobs_of(options)
    files = documents_of(jobs, output, as_json=as_json, into_folder=all_jobs, check=check)
    bases = {job: file.parent if file else Path.cwd() for job, file in files.items()}
    requests = [
        request_from_options(project, base, **{**options, "job": job})
        for job, base in bases.items()
    ]
    params = requests[0].params
    workspace = None
    if resolve:
        workspace = find_config(project, params, choice, of=("jobs", jobs[0]))[1]
    compiled = [
        compile_document(project, request, file, workspace)
        for request, file in zip(requests, files.values(), strict=True)
    ]
    # Nothing is written before all of it can be.
    scheduled = None
    if schedule is not None:
        document, strict = compiled[0], options["strict"]
        scheduled = make_schedule_file(
            schedule, project, document.compilation, document.file, strict=strict
        )
    current = [write_compiled(document, check=check) for document in compiled]
    if scheduled is not None:
        current.append(write_schedule(scheduled, check=check))
    if as_json:
        from kedro_azureml.plan_view.plan_json import plan_json

        models = [plan_json(each.compilation, file=each.file) for each in compiled]
        print_models(models, several=len(jobs) > 1)
    if check and not all(current):
        raise click.exceptions.Exit(EXIT_DRIFT)
