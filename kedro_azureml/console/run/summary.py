"""What is said when a run is over: its steps, its outputs, and what failed."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from shlex import quote
from typing import TextIO

from rich.console import Console
from rich.text import Text

from kedro_azureml.console.findings import lines_of
from kedro_azureml.console.run.table import STYLES, plain_table
from kedro_azureml.console.terminal import make_console, say
from kedro_azureml.console.text import plain_width
from kedro_azureml.formatting import and_more, count, duration, listed, shown
from kedro_azureml.job.run.failure import failed_step
from kedro_azureml.job.run.model import Run, RunOutput, RunStatus, RunStep
from kedro_azureml.job.secrets.redaction import redact, redact_argument
from kedro_azureml.rehearsal.processes.group import last_lines

LINES_OF_A_LOG = 20
LINES_OF_A_RANK = 5
_RANKS_SHOWN = 16
_FAILURES_SHOWN = 3
_OUTPUTS_SHOWN = 40
_STEPS_SHOWN = 8
_NOTHING = "It wrote nothing to its log."
# What the verdict calls the statuses of steps; a status that is missing here is called by name.
_COUNTED: Mapping[RunStatus, str] = {
    "Completed": "completed",
    "Failed": "failed",
    "Canceled": "canceled",
    "NotStarted": "not started",
}


def print_summary(run: Run, stream: TextIO | None = None) -> None:
    """Print how each step ended, where its log and the outputs are, and what failed.

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
    if run.folder is not None:
        _print_outputs(console, run, run.folder)
    _print_warnings(console, run)
    _print_failures(console, run)
    say(console, "")
    say(console, Text(_verdict(run), STYLES[run.status]))


def _print_folder(console: Console, run: Run, folder: Path) -> None:
    say(console, f"In {shown(folder)},")
    say(console, "each step's log in steps/STEP/user_logs/std_log.txt:")
    if any(step.logs for step in run.steps.values()):
        say(console, "(of a distributed step, in std_log_process_RANK.txt)")


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
    for output in outputs[:_OUTPUTS_SHOWN]:
        say(console, f"  {output.dataset or f'{output.step}.{output.name}'}")
        say(console, f"    {_where(output, folder)}")
    if len(outputs) > _OUTPUTS_SHOWN:
        say(console, f"  {and_more(len(outputs) - _OUTPUTS_SHOWN)}: see report.json")


def _where(output: RunOutput, folder: Path) -> str:
    inside = output.path.relative_to(folder).as_posix()
    if output.kind == "remote":
        return "where the catalog says, outside the run"
    if output.stored is not None:
        return f"temporary storage: {output.stored[1]}"
    if output.kind == "local" and len(output.files) == 1:
        return f"{inside}/{next(iter(output.files))}"
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


def _print_failures(console: Console, run: Run) -> None:
    failed = [step for step in run.steps.values() if step.at_fault]
    for step in failed[:_FAILURES_SHOWN]:
        if step.log is not None:
            _print_failure_here(console, step, step.log)
    if run.status == "Canceled":
        _print_interrupted(console, run)
    if len(failed) > _FAILURES_SHOWN:
        more = count(len(failed) - _FAILURES_SHOWN, "more step")
        say(console, f"{more} failed: see their logs.")


def _print_failure_here(console: Console, step: RunStep, log: Path) -> None:
    # Where it ran too long, nobody knows which of several processes the others wait for.
    waited = step.timed_out and bool(step.logs)
    finding = failed_step(
        "KAZ603",
        step.name,
        known=step.reason or "failed",
        failure=step.failure,
        log=() if waited else _end_of(log, LINES_OF_A_LOG),
        remedy=f"Fix it, and run again: {_typed_command()}",
    )
    heading, body = lines_of(finding, plain_width())
    say(console, "")
    say(console, Text(f"error {heading}", STYLES[step.status]))
    for line in body:
        say(console, line)
    if waited:
        _print_ranks(console, step)
    if len(step.logs) > 1:
        say(console, f"The logs of all {len(step.logs)} processes: {shown(log.parent)}")


def _print_interrupted(console: Console, run: Run) -> None:
    """Print where the processes of distributed steps were: perhaps one waited for another."""
    for step in run.steps.values():
        if step.status == "Canceled" and step.logs and not step.at_fault:
            say(console, "")
            say(console, f"Where the processes of '{step.name}' were:")
            _print_ranks(console, step)


def _print_ranks(console: Console, step: RunStep) -> None:
    for log in step.logs[:_RANKS_SHOWN]:
        for line in _end_of(log, LINES_OF_A_RANK):
            say(console, line)


def _end_of(log: Path, most: int) -> list[str]:
    """Return the last lines of a log below a line that names it."""
    lines = last_lines(log, most)
    if not any(lines):
        return [f"Nothing in {shown(log)}." if most == LINES_OF_A_RANK else _NOTHING]
    return [f"The last lines of {shown(log)}:", *(f"  {line}".rstrip() for line in lines)]


def _typed_command() -> str:
    """Return what was typed to run this, or the plain command when a program ran it."""
    program, *arguments = sys.argv
    # Kedro calls itself "python -m kedro" where it was started so.
    if Path(program.split()[-1]).stem != "kedro":
        arguments = ["azureml", "run", "--local"]
    return redact(" ".join(["kedro", *(quote(redact_argument(each)) for each in arguments)]))


def _verdict(run: Run) -> str:
    name = "" if run.folder else f"{run.name}: "
    took = "" if run.seconds is None else f" in {duration(run.seconds, digits=1)}"
    statuses = [*_COUNTED, *(s.status for s in run.steps.values() if s.status not in _COUNTED)]
    counts = {status: run.count(status) for status in statuses}
    parts = ", ".join(f"{n} {_COUNTED.get(s, s)}" for s, n in counts.items() if n)
    return f"{name}{run.status}{took}: {parts}." if parts else f"{name}{run.status}{took}."
