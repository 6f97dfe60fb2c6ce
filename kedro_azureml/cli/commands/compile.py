"""``kedro azureml compile``: write the job document."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kedro_azureml.cli.compilation import compile_shown
from kedro_azureml.cli.errors import friendly
from kedro_azureml.cli.files import replace_file
from kedro_azureml.cli.options.compile import compile_options, jobs_of, request_from_options
from kedro_azureml.cli.options.json import json_option, print_models
from kedro_azureml.cli.options.output import documents_of, output_option, resolve_option
from kedro_azureml.cli.options.schedule import schedule_option, with_job_of_schedule
from kedro_azureml.cli.options.workspace import find_config, open_project, subscription_option
from kedro_azureml.cli.schedule_file import write_schedule
from kedro_azureml.console.findings import print_diagnostics
from kedro_azureml.formatting import shown
from kedro_azureml.standard_output import write_document

if TYPE_CHECKING:
    from kedro_azureml.azure.connect.target import Target
    from kedro_azureml.compiler import Compilation, CompileRequest
    from kedro_azureml.project import Project


@click.command("compile")
@output_option
@resolve_option
@schedule_option
@json_option
@subscription_option
@compile_options
@click.pass_obj
@friendly
def compile_(
    metadata: Any,
    /,
    output: str | None,
    resolve: bool,
    schedule: str | None,
    as_json: bool,
    subscription_id: str | None,
    **options: Any,
) -> None:
    """Compile a pipeline to an Azure ML job document.

    Paths in the document are relative to the file, so keep the file where it is written. It is
    what 'kedro azureml run' submits, and 'az ml job create -f' accepts it too.
    """
    project = open_project(metadata, options["env"])
    options = with_job_of_schedule(project, options, schedule)
    jobs = jobs_of(options)
    files = documents_of(jobs, output, as_json=as_json)
    bases = {job: file.parent if file else Path.cwd() for job, file in files.items()}
    requests = [
        request_from_options(project, base, **{**options, "job": job})
        for job, base in bases.items()
    ]
    params = requests[0].params
    workspace = find_config(project, params, subscription_id)[1] if resolve else None
    compiled = [
        (_compile(project, request, file, workspace), file)
        for request, file in zip(requests, files.values(), strict=True)
    ]
    if schedule is not None:
        write_schedule(schedule, project, *compiled[0], strict=options["strict"])
    if as_json:
        from kedro_azureml.plan_view.plan_json import plan_json

        models = [plan_json(compilation, file=file) for compilation, file in compiled]
        print_models(models, several=len(jobs) > 1)


def _compile(
    project: Project, request: CompileRequest, file: Path | None, workspace: Target | None
) -> Compilation:
    from kedro_azureml.console.compile_summary import print_summary
    from kedro_azureml.job.yaml import dump_job

    compilation = compile_shown(request, project)
    job = compilation.job
    if workspace is not None:
        from kedro_azureml.azure.submit.versions import pin_versions

        job = pin_versions(job, workspace)
    if file is not None:
        replace_file(file, dump_job(job), "Name another file with --output.", "--output")
    print_diagnostics(compilation.diagnostics)
    print_summary(compilation)
    if file is None:
        write_document(dump_job(job))
    else:
        click.echo(f"Written to {shown(file)}.")
    return compilation
