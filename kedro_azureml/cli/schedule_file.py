"""The file of a schedule beside that of its job, and what a terminal shows of its times."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kedro_azureml.cli.files import keep_or_replace, target_files
from kedro_azureml.console.findings import print_diagnostics
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError, as_errors
from kedro_azureml.formatting import there_and_here

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from kedro_azureml.compiler import Compilation
    from kedro_azureml.config.models.schedules import ScheduleConfig
    from kedro_azureml.project import Project

# In every schedule that the command writes.
_MARK = "schedule.schema.json"


@dataclass(frozen=True)
class ScheduleFile:
    """The file of a schedule, which is not written yet.

    Attributes:
        file: The file.
        text: What it shall hold.
        schedule: What azureml.yml says.
        findings: What there is to say of it.
        now: When that was found.
    """

    file: Path
    text: str
    schedule: ScheduleConfig
    findings: Sequence[Diagnostic]
    now: datetime


def make_schedule_file(
    name: str, project: Project, compilation: Compilation, job_file: Path | None, *, strict: bool
) -> ScheduleFile:
    """Make the schedule's file beside the job's.

    Args:
        name: The schedule.
        project: The project.
        compilation: The job that it starts.
        job_file: The job's file.
        strict: Whether warnings are errors.

    Raises:
        DiagnosticError: The schedule cannot start that job; KAZ107, the job has no file; KAZ109,
            the file is none of ours.
    """
    from kedro_azureml.compiler.schedules import check_schedule, find_schedule, make_schedule
    from kedro_azureml.job.schedule import dump_schedule

    if job_file is None:
        raise DiagnosticError(
            Diagnostic(
                "KAZ107",
                "A schedule names the file of its job, and --output - writes none.",
                "Name a file with --output.",
                where="--output",
            )
        )
    config = project.required_config({})
    now = datetime.now(timezone.utc)
    problems = list(check_schedule(name, config, compilation.job, now))
    if strict:
        problems = as_errors(problems)
    if any(problem.severity == "error" for problem in problems):
        raise DiagnosticError(problems)
    wanted = str(job_file.parent / f"{name}.schedule.yml")
    (file,) = target_files([name], wanted, ".yml", _MARK, "no schedule", "--output").values()
    document = make_schedule(name, config, compilation.job, job_file, file.parent)
    return ScheduleFile(file, dump_schedule(document), find_schedule(config, name), problems, now)


def write_schedule(schedule: ScheduleFile, *, check: bool) -> bool:
    """Write the file, and print when the schedule starts its job next.

    Args:
        schedule: The file.
        check: Write nothing.

    Returns:
        Whether the file held that schedule already.

    Raises:
        DiagnosticError: KAZ110, the file cannot be written.
    """
    is_current, lines = keep_or_replace(
        schedule.file,
        schedule.text,
        check=check,
        remedy="Name another folder with --output.",
        where="--output",
    )
    print_diagnostics(schedule.findings)
    for line in [*next_times(schedule.schedule, schedule.now), *lines]:
        click.echo(line)
    return is_current


def next_times(schedule: ScheduleConfig, now: datetime) -> Iterator[str]:
    """Yield lines that say when a schedule starts its job next, in its zone and here."""
    from kedro_azureml.compiler.schedules import next_runs

    moments = next_runs(schedule, now)
    if not moments:
        yield "It starts no job any more."
        return
    yield f"Next times in {schedule.time_zone}, and here:"
    for moment in moments:
        yield f"  {there_and_here(moment)}"
    if not schedule.enabled:
        yield "It is not enabled: it starts no job until it is."
