"""One document of ``compile``: written, printed, or held against the file that is there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kedro_azureml.cli.compilation import compile_shown
from kedro_azureml.cli.files import keep_or_replace
from kedro_azureml.console.findings import print_diagnostics
from kedro_azureml.standard_output import write_document

if TYPE_CHECKING:
    from kedro_azureml.azure.connect.target import Target
    from kedro_azureml.compiler import Compilation, CompileRequest
    from kedro_azureml.project import Project


def compile_document(
    project: Project,
    request: CompileRequest,
    file: Path | None,
    workspace: Target | None,
    *,
    check: bool,
) -> tuple[Compilation, bool]:
    """Compile a job, and write its document.

    Args:
        project: The project.
        request: What to compile.
        file: The file to write; None for the standard output.
        workspace: The workspace that knows what each ``@latest`` means, if that is asked.
        check: Write nothing.

    Returns:
        The compilation, and whether the file held that document already.
    """
    from kedro_azureml.console.compile_summary import print_summary
    from kedro_azureml.job.yaml import dump_job

    compilation = compile_shown(request, project)
    job = compilation.job
    if workspace is not None:
        from kedro_azureml.azure.submit.versions import pin_versions

        job = pin_versions(job, workspace)
    text = dump_job(job)
    print_diagnostics(compilation.diagnostics)
    if not check:
        print_summary(compilation)
    if file is None:
        write_document(text)
        return compilation, True
    is_current, lines = keep_or_replace(
        file, text, check=check, remedy="Name another file with --output.", where="--output"
    )
    for line in lines:
        click.echo(line)
    return compilation, is_current
