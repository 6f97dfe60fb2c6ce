"""What is said when a run is over: its steps and its outputs."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from shlex import quote
from typing import TextIO

from rich.console import Console
from rich.text import Text

from kedro_azureml.console.results import exported, registered
from kedro_azureml.console.run.failures import ends_of_ranks
from kedro_azureml.console.run.table import STYLES, plain_table
from kedro_azureml.console.run.trials import trial_lines
from kedro_azureml.console.terminal import make_console, say
from kedro_azureml.formatting import and_more, count, duration, listed, shown
from kedro_azureml.job.run.model import Run, RunOutput, RunStatus

_OUTPUTS_SHOWN = 40
# Of a dataset of which each shard of a node wrote a part.
_PARTS_SHOWN = 3
_STEPS_SHOWN = 8
# What the verdict calls the statuses of steps; a status that is missing here is called by name.
_COUNTED: Mapping[RunStatus, str] = {
    "Completed": "completed",
    "Failed": "failed",
    "Canceled": "canceled",
    "NotStarted": "not started",
}


def print_summary(run: Run, stream: TextIO | None = None) -> None:
    """Print how each step ended, and where its log and the outputs are.

    Args:
        run: The run.
        stream: Where to print, the standard output by default.
    """
    console = make_console(stream or sys.stdout)
    say(console, "")
    if run.folder is not None:
        _print_folder(console, run, run.folder)
    for line in plain_table(run):
        say(console, line)
    _print_trials(console, run)
    if run.folder is not None:
        _print_outputs(console, run, run.folder)
    if run.folder is not None and run.status == "Completed":
        _print_results(console, run)
    if run.mlflow is not None:
        say(console, "")
        say(console, f"Logged with MLflow: mlflow ui --backend-store-uri {quote(run.mlflow)}")
    _print_warnings(console, run)
    if run.status == "Canceled":
        _print_interrupted(console, run)
    say(console, "")
    say(console, Text(_verdict(run), STYLES[run.status]))


def _print_folder(console: Console, run: Run, folder: Path) -> None:
    say(console, f"In {shown(folder)},")
    say(console, "each step's log in steps/STEP/user_logs/std_log.txt:")
    if any(step.tuning for step in run.steps.values()):
        say(console, "(of a trial, in steps/STEP/trials/NUMBER/user_logs/std_log.txt)")
    if any(step.logs for step in run.steps.values()):
        say(console, "(of a distributed step, in std_log_process_RANK.txt)")


def _print_trials(console: Console, run: Run) -> None:
    for step in run.steps.values():
        for line in trial_lines(step):
            say(console, line)


def _print_outputs(console: Console, run: Run, folder: Path) -> None:
    outputs = [
        output
        for step in run.steps.values()
        if step.status == "Completed"
        for output in step.outputs
        if output.final or output.kind == "local"
    ]
    if not outputs:
        return
    say(console, "")
    say(console, "Outputs, in the same folder:")
    datasets: dict[str, list[RunOutput]] = {}
    for output in outputs:
        datasets.setdefault(output.label, []).append(output)
    for name, parts in list(datasets.items())[:_OUTPUTS_SHOWN]:
        say(console, f"  {name}")
        for part in parts[:_PARTS_SHOWN]:
            say(console, f"    {_where(part, folder)}")
        if len(parts) > _PARTS_SHOWN:
            say(console, f"    {and_more(len(parts) - _PARTS_SHOWN)}, of as many steps")
    if len(datasets) > _OUTPUTS_SHOWN:
        say(console, f"  {and_more(len(datasets) - _OUTPUTS_SHOWN)}: see report.json")


def _print_results(console: Console, run: Run) -> None:
    """Print what Azure ML would make of the outputs."""
    if lines := list(registered(run.assets, run.export)):
        say(console, "")
        say(console, "Azure ML would register")
        for line in lines:
            say(console, f"  {line}")
    if run.export is not None:
        say(console, "")
        say(console, "Azure ML would export the final outputs to")
        say(console, f"  {exported(run.export)}")


def _where(output: RunOutput, folder: Path) -> str:
    inside = output.path.relative_to(folder).as_posix()
    if output.kind == "remote":
        return "where the catalog says, outside the run"
    if output.stored is not None:
        return f"temporary storage: {output.stored[1]}"
    if output.kind == "local" and len(output.files) == 1:
        return output.file(next(iter(output.files))).relative_to(folder).as_posix()
    if output.kind == "local":
        return f"{inside} ({count(len(output.files), 'file')})"
    return inside


def _print_warnings(console: Console, run: Run) -> None:
    """Print each warning once, with the steps that it is about."""
    steps: dict[str, list[str]] = {}
    for step in run.steps.values():
        for warning in step.warnings:
            steps.setdefault(warning, []).append(step.name)
    for warning, names in steps.items():
        each = "each of " if len(names) > 1 else ""
        say(console, "")
        say(console, Text(f"warning: {each}{listed(names, _STEPS_SHOWN)}: {warning}.", "yellow"))


def _print_interrupted(console: Console, run: Run) -> None:
    """Print where the processes of distributed steps were: perhaps one waited for another."""
    for step in run.steps.values():
        if step.status == "Canceled" and step.logs and not step.at_fault:
            say(console, "")
            say(console, f"Where the processes of '{step.name}' were:")
            for line in ends_of_ranks(step):
                say(console, line)


def _verdict(run: Run) -> str:
    name = "" if run.folder else f"{run.name}: "
    took = "" if run.seconds is None else f" in {duration(run.seconds, digits=1)}"
    statuses = [*_COUNTED, *(s.status for s in run.steps.values() if s.status not in _COUNTED)]
    counts = {status: run.count(status) for status in statuses}
    parts = ", ".join(f"{n} {_COUNTED.get(s, s)}" for s, n in counts.items() if n)
    return f"{name}{run.status}{took}: {parts}." if parts else f"{name}{run.status}{took}."
