"""One document of ``compile``: written, printed, or held against the file that is there."""

from __future__ import annotations

from dataclasses import dataclass
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


@dataclass(frozen=True)
class CompiledDocument:
    """A job that was compiled, and whose document is not written yet.

    Attributes:
        compilation: The compilation.
        text: The document.
        file: The file to write; None for the standard output.
    """

    compilation: Compilation
    text: str
    file: Path | None


def compile_document(
    project: Project, request: CompileRequest, file: Path | None, workspace: Target | None
) -> CompiledDocument:
    """Compile a job.

    Args:
        project: The project.
        request: What to compile.
        file: The file to write; None for the standard output.
        workspace: The workspace that knows what each ``@latest`` means, if that is asked.
    """
    from kedro_azureml.job.yaml import dump_job

    compilation = compile_shown(request, project)
    job = compilation.job
    if workspace is not None:
        from kedro_azureml.azure.submit.versions import pin_versions

        job = pin_versions(job, workspace)
    return CompiledDocument(compilation, dump_job(job), file)


def write_compiled(document: CompiledDocument, *, check: bool) -> bool:
    """Write a document, and show what was compiled.

    Args:
        document: The document.
        check: Write nothing.

    Returns:
        Whether the file held it already.
    """
    from kedro_azureml.console.compile_summary import print_summary

    print_diagnostics(document.compilation.diagnostics)
    if not check:
        print_summary(document.compilation)
    if document.file is None:
        write_document(document.text)
        return True
    is_current, lines = keep_or_replace(
        document.file,
        document.text,
        check=check,
        remedy="Name another file with --output.",
        where="--output",
    )
    for line in lines:
        click.echo(line)
    return is_current
