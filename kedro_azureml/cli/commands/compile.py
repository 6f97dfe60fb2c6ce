"""``kedro azureml compile``: write the job document."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kedro_azureml.cli.compilation import compile_shown
from kedro_azureml.cli.errors import friendly
from kedro_azureml.cli.files import refuse_to_lose, replace_file, target_path
from kedro_azureml.cli.options.compile import compile_options, jobs_of, request_from_options
from kedro_azureml.cli.options.json import json_option, print_models
from kedro_azureml.cli.options.workspace import find_config, open_project, subscription_option
from kedro_azureml.console.findings import print_diagnostics
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError
from kedro_azureml.formatting import shown
from kedro_azureml.garbage import collection_paused
from kedro_azureml.standard_output import divert, write_document

if TYPE_CHECKING:
    from kedro_azureml.azure.connect.target import Target
    from kedro_azureml.compiler import Compilation, CompileRequest
    from kedro_azureml.project import Project

# In every document that this command writes.
_MARK = "pipelineJob.schema.json"
_STANDARD_OUTPUT = "-"


def _output(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    if value == _STANDARD_OUTPUT:
        divert()
    return value


@click.command("compile")
@click.option(
    "-o",
    "--output",
    callback=_output,
    help="File to write, or '-' to print it; with several jobs the folder for them.  "
    "[default: pipeline.yml, or the job's name]",
)
@click.option(
    "--resolve",
    is_flag=True,
    help="Ask the workspace which version each @latest means now, and write that one.",
)
@json_option
@subscription_option
@compile_options
@click.pass_obj
@friendly
@collection_paused()
def compile_(
    metadata: Any,
    /,
    output: str | None,
    resolve: bool,
    as_json: bool,
    subscription_id: str | None,
    **options: Any,
) -> None:
    """Compile a pipeline to an Azure ML job document.

    Paths in the document are relative to the file, so keep the file where it is written. It is
    what 'kedro azureml run' submits, and 'az ml job create -f' accepts it too.
    """
    jobs = jobs_of(options)
    if output == _STANDARD_OUTPUT:
        _refuse_several(as_json=as_json, several=len(jobs) > 1)
    targets = {job: _target(output, job, several=len(jobs) > 1) for job in jobs}
    project = open_project(metadata, options["env"])
    requests = [
        (request_from_options(project, _folder(target), **{**options, "job": job}), target)
        for job, target in targets.items()
    ]
    workspace = _workspace(project, requests[0][0], subscription_id) if resolve else None
    compiled = [
        (_compile(project, request, target, workspace), target) for request, target in requests
    ]
    if as_json:
        from kedro_azureml.plan_view.plan_json import plan_json

        models = [plan_json(compilation, file=target) for compilation, target in compiled]
        print_models(models, several=len(jobs) > 1)


def _refuse_several(*, as_json: bool, several: bool) -> None:
    """Refuse to print more than one document."""
    if as_json or several:
        message = "The standard output can hold one document only."
        remedy = "Leave --json out." if as_json else "Name a folder, or one job."
        raise DiagnosticError(Diagnostic("KAZ107", message, remedy, where="--output"))


def _target(output: str | None, job: str | None, *, several: bool) -> Path | None:
    """Say which file a job is written to; None for the standard output."""
    if output == _STANDARD_OUTPUT:
        return None
    target = target_path(output, f"{job or 'pipeline'}.yml", several=several)
    refuse_to_lose(target, _MARK, "no compiled job", "--output")
    return target


def _folder(target: Path | None) -> Path:
    return Path.cwd() if target is None else target.parent


def _compile(
    project: Project, request: CompileRequest, path: Path | None, workspace: Target | None
) -> Compilation:
    from kedro_azureml.console.compile_summary import print_summary
    from kedro_azureml.job.yaml import dump_job

    compilation = compile_shown(request, project)
    job = compilation.job
    if workspace is not None:
        from kedro_azureml.azure.submit.versions import pin_versions

        job = pin_versions(job, workspace)
    if path is not None:
        replace_file(path, dump_job(job), "Name another file with --output.", "--output")
    print_diagnostics(compilation.diagnostics)
    print_summary(compilation)
    if path is None:
        write_document(dump_job(job))
    else:
        click.echo(f"Written to {shown(path)}.")
    return compilation


def _workspace(project: Project, request: CompileRequest, subscription_id: str | None) -> Target:
    from kedro_azureml.azure.connect.installed import require_azure

    require_azure()
    return find_config(project, request.params, subscription_id)[1]
