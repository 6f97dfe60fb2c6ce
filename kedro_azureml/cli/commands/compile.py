"""``kedro azureml compile``: write the job document."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kedro_azureml.cli.errors import friendly
from kedro_azureml.cli.files import refuse_to_lose, replace_file, target_path
from kedro_azureml.cli.options.compile import compile_options, jobs_of, request_from_options
from kedro_azureml.cli.options.workspace import find_config, open_project, subscription_option
from kedro_azureml.console.findings import print_diagnostics
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError
from kedro_azureml.formatting import shown

if TYPE_CHECKING:
    from kedro_azureml.azure.connect.target import Target
    from kedro_azureml.compiler import CompileRequest
    from kedro_azureml.project import Project

# In every document that this command writes.
_MARK = "pipelineJob.schema.json"
_NO_FILE = Diagnostic(
    "KAZ107",
    "The job is written to a file: Kedro's log stands on the standard output.",
    "Name a file.",
    where="--output",
)


@click.command("compile")
@click.option(
    "-o",
    "--output",
    help="File to write; with several jobs the folder for them.  "
    "[default: pipeline.yml, or the job's name]",
)
@click.option(
    "--resolve",
    is_flag=True,
    help="Ask the workspace which version each @latest means now, and write that one.",
)
@subscription_option
@compile_options
@click.pass_obj
@friendly
def compile_(
    metadata: Any,
    /,
    output: str | None,
    resolve: bool,
    subscription_id: str | None,
    **options: Any,
) -> None:
    """Compile a pipeline to an Azure ML job document.

    Paths in the document are relative to the file, so keep the file where it is written. It is
    what 'kedro azureml run' submits, and 'az ml job create -f' accepts it too.
    """
    if output == "-":
        raise DiagnosticError(_NO_FILE)
    jobs = jobs_of(options)
    targets = {
        job: target_path(output, f"{job or 'pipeline'}.yml", several=len(jobs) > 1) for job in jobs
    }
    for target in targets.values():
        refuse_to_lose(target, _MARK, "no compiled job", "--output")
    project = open_project(metadata, options["env"])
    requests = [
        (request_from_options(project, target.parent, **{**options, "job": job}), target)
        for job, target in targets.items()
    ]
    workspace = _workspace(project, requests[0][0], subscription_id) if resolve else None
    for each in requests:
        _compile(project, *each, workspace)


def _compile(
    project: Project, request: CompileRequest, path: Path, workspace: Target | None
) -> None:
    from kedro_azureml.compiler import compile_project
    from kedro_azureml.console.compile_summary import print_summary
    from kedro_azureml.job.yaml import dump_job

    compilation = compile_project(request, project)
    job = compilation.job
    if workspace is not None:
        from kedro_azureml.azure.submit.pin import pin_versions

        job = pin_versions(job, workspace)
    replace_file(path, dump_job(job), "Name another file with --output.", "--output")
    print_diagnostics(compilation.diagnostics)
    print_summary(compilation)
    click.echo(f"Written to {shown(path)}.")


def _workspace(project: Project, request: CompileRequest, subscription_id: str | None) -> Target:
    from kedro_azureml.azure.connect.installed import require_azure

    require_azure()
    return find_config(project, request.params, subscription_id)[1]
