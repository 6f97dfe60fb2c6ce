"""``kedro azureml compile``: write the job document."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kedro_azureml.cli.files import refuse_to_lose, replace_file, shown
from kedro_azureml.cli.options import compile_options, jobs_of, request_from_options
from kedro_azureml.cli.render import friendly, print_diagnostics

if TYPE_CHECKING:
    from kedro_azureml.compiler import CompileRequest

# In every document that this command writes.
_MARK = "pipelineJob.schema.json"


@click.command("compile")
@click.option(
    "-o",
    "--output",
    help="File to write; with several jobs the folder for them.  "
    "[default: pipeline.yml, or the job's name]",
)
@compile_options
@click.pass_obj
@friendly
def compile_(metadata: Any, /, output: str | None, **options: Any) -> None:
    """Compile a pipeline to an Azure ML job document.

    Paths in the document are relative to the file, so keep the file where it is written. It is
    what 'kedro azureml run' submits, and 'az ml job create -f' accepts it too.
    """
    project_path = Path(metadata.project_path)
    jobs = jobs_of(options)
    targets = {job: _target(job, output, several=len(jobs) > 1) for job in jobs}
    for target in targets.values():
        refuse_to_lose(target, _MARK, "no compiled job", "--output")
    # What Kedro says of its own loading would drown what is said of the job.
    logging.getLogger("kedro").setLevel(logging.WARNING)
    requests = [
        (request_from_options(project_path, target.parent, **{**options, "job": job}), target)
        for job, target in targets.items()
    ]
    for request, target in requests:
        _compile(request, target)


def _target(job: str | None, output: str | None, *, several: bool) -> Path:
    name = f"{job or 'pipeline'}.yml"
    if output is None:
        return Path(name).absolute()
    return Path(output, name).absolute() if several else Path(output).absolute()


def _compile(request: CompileRequest, target: Path) -> None:
    from kedro_azureml.cli.summary import print_summary
    from kedro_azureml.compiler import compile_project
    from kedro_azureml.job.yaml import dump_job

    compilation = compile_project(request)
    replace_file(target, dump_job(compilation.job), "Name another file with --output.", "--output")
    print_diagnostics(compilation.diagnostics)
    print_summary(compilation)
    click.echo(f"Written to {shown(target)}.")
