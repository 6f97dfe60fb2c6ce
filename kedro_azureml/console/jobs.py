"""Jobs on Azure ML, as ``job list`` and ``job show`` print them."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import TextIO

from kedro_azureml.console.columns import print_rows
from kedro_azureml.console.results import exported, registered
from kedro_azureml.console.run.table import plain_table
from kedro_azureml.console.run.trials import trial_lines
from kedro_azureml.console.terminal import make_console, say
from kedro_azureml.formatting import local_time
from kedro_azureml.job.run.model import Run

_HEADER = ("name", "status", "submitted", "pipeline")


def print_jobs(jobs: Sequence[Run], stream: TextIO | None = None) -> None:
    """Print a line for each job below a header, however long its name."""
    console = make_console(stream or sys.stdout)
    if not jobs:
        say(console, "There are no jobs.")
        return
    print_rows(console, _HEADER, [_row(job) for job in jobs])


def print_job(job: Run, stream: TextIO | None = None) -> None:
    """Print what there is to know about a job and its steps."""
    console = make_console(stream or sys.stdout)
    say(console, f"{job.name}: {job.status}")
    for label, value in _facts(job):
        say(console, f"  {label:<10}  {value}")
    say(console, "")
    for line in plain_table(job, addresses=True):
        say(console, line)
    for step in job.steps.values():
        for line in trial_lines(step):
            say(console, line)
    for step in job.steps.values():
        if step.at_fault:
            say(console, "")
            say(console, f"{step.name}: {step.reason or 'Azure ML gives no reason.'}")
            say(console, f"  its log: kedro azureml job logs {job.name} {step.name}")


def _row(job: Run) -> tuple[str, str, str, str]:
    created = local_time(job.created) if job.created else ""
    return job.name, job.status, created, job.pipeline or ""


def _facts(job: Run) -> Iterable[tuple[str, str]]:
    facts = (
        ("experiment", job.experiment),
        ("pipeline", job.pipeline),
        ("submitted", local_time(job.created) if job.created else None),
        ("studio", job.address),
        *(("registers", line) for line in registered(job.assets, job.export)),
        ("export", exported(job.export) if job.export else None),
    )
    return ((label, value) for label, value in facts if value)
