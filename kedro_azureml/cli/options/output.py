"""``--output`` of ``compile``: the file of each job, or the standard output."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from kedro_azureml.cli.files import target_files
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError
from kedro_azureml.standard_output import divert

if TYPE_CHECKING:
    from kedro_azureml.project import Project

_Function = TypeVar("_Function", bound=Callable[..., Any])

# In every document that the command writes.
_MARK = "pipelineJob.schema.json"
_STANDARD_OUTPUT = "-"


resolve_option = click.option(
    "--resolve",
    is_flag=True,
    help="Ask the workspace which version each @latest means now, and write that one.",
)


check_option = click.option(
    "--check",
    is_flag=True,
    help="Write nothing; the exit code is 2 if a file is not what would be written.",
)
all_option = click.option(
    "--all", "all_jobs", is_flag=True, help="Every job of azureml.yml, under azure.jobs."
)


def with_all_jobs(
    project: Project, options: dict[str, Any], schedule: str | None
) -> dict[str, Any]:
    """Let the options name every job of azureml.yml.

    Args:
        project: The project.
        options: The options of `compile_options`.
        schedule: The schedule that is named.

    Raises:
        DiagnosticError: KAZ107, they name jobs already, or there are none.
    """
    if options["job"] or schedule:
        other = "--schedule" if schedule else "--job"
        message, remedy = f"--all and {other} both name jobs.", "Leave one of them out."
        raise DiagnosticError(Diagnostic("KAZ107", message, remedy, where="--all"))
    jobs = project.required_config({}).azure.jobs
    if not jobs:
        message = "azureml.yml has no jobs."
        remedy = "Write them under azure.jobs, or leave --all out."
        raise DiagnosticError(Diagnostic("KAZ107", message, remedy, where="--all"))
    return {**options, "job": tuple(jobs)}


def output_option(function: _Function) -> _Function:
    """Add ``-o/--output``, as `output`."""
    return click.option(
        "-o",
        "--output",
        callback=_divert,
        help="File to write, or '-' to print it; with several jobs, or --all, the folder for "
        "them.  "
        "[default: pipeline.yml, or the job's name]",
    )(function)


def _divert(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    if value == _STANDARD_OUTPUT:
        divert()
    return value


def documents_of(
    jobs: Sequence[str | None],
    output: str | None,
    *,
    as_json: bool,
    into_folder: bool,
    check: bool = False,
) -> dict[str | None, Path | None]:
    """Say which file each job is written to; None for the standard output.

    Raises:
        DiagnosticError: KAZ107, for more than one document on the standard output, or none to
            compare with; KAZ109, for a file that is none of ours.
    """
    if output != _STANDARD_OUTPUT:
        files = target_files(
            *(jobs, output, ".yml", _MARK, "no compiled job", "--output"), into_folder=into_folder
        )
        return {**files}
    if as_json or len(jobs) > 1:
        message = "The standard output can hold one document only."
        remedy = "Leave --json out." if as_json else "Name a folder, or one job."
        raise DiagnosticError(Diagnostic("KAZ107", message, remedy, where="--output"))
    if check:
        message = "The standard output has nothing that --check could compare."
        remedy = "Name the file, or leave --check out."
        raise DiagnosticError(Diagnostic("KAZ107", message, remedy, where="--output"))
    return dict.fromkeys(jobs)
