"""What is said when a rehearsal is over."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TextIO

from rich.console import Console
from rich.text import Text

from kedro_azureml.console.run_words import seconds_of
from kedro_azureml.console.terminal import STYLES, make_console, say
from kedro_azureml.formatting import shown
from kedro_azureml.job.run import RunOutput, RunStep
from kedro_azureml.rehearsal.processes.group import last_lines
from kedro_azureml.rehearsal.report import RunReport

LINES_OF_A_LOG = 20
LINES_OF_A_RANK = 5
_RANKS_SHOWN = 16
_NOTHING = "It wrote nothing to its log."
_FAILURES_SHOWN = 3
_OUTPUTS_SHOWN = 40


def print_summary(report: RunReport, stream: TextIO | None = None) -> None:
    """Print how each step ended, where its log and the outputs are, and what failed."""
    console = make_console(stream or sys.stdout)
    say(console, "")
    say(console, f"In {shown(report.folder)},")
    say(console, "each step's log in steps/STEP/user_logs/std_log.txt:")
    if any(step.logs for step in report.steps.values()):
        say(console, "(of a distributed step, in std_log_process_RANK.txt)")
    width = max(map(len, report.steps))
    for step in report.steps.values():
        status = Text(f"{step.status:<11}", STYLES[step.status])
        line = Text.assemble(f"  {step.name:<{width}}  ", status, f" {seconds_of(step):>8}")
        line.rstrip()
        say(console, line)
        if step.reason and not step.at_fault:
            say(console, f"    {step.reason}")
    _print_outputs(console, report)
    for step in report.steps.values():
        for warning in step.warnings:
            say(console, "")
            say(console, Text(f"warning: '{step.name}': {warning}.", "yellow"))
    _print_failures(console, report)
    say(console, "")
    say(console, Text(_verdict(report), STYLES[report.status]))


def _print_outputs(console: Console, report: RunReport) -> None:
    outputs = [
        output
        for step in report.steps.values()
        if step.status == "Completed"
        for output in step.outputs
        if output.final or output.kind == "local"
    ]
    if not outputs:
        return
    say(console, "")
    say(console, "Outputs, in the same folder:")
    for output in outputs[:_OUTPUTS_SHOWN]:
        name = output.dataset or f"{output.step}.{output.name}"
        say(console, f"  {name}")
        say(console, f"    {_where(report, output)}")
    if len(outputs) > _OUTPUTS_SHOWN:
        say(console, f"  and {len(outputs) - _OUTPUTS_SHOWN} more: see report.json")


def _where(report: RunReport, output: RunOutput) -> str:
    if output.kind == "remote":
        return "where the catalog says, outside the run"
    if output.stored is not None:
        return f"temporary storage: {output.stored[1]}"
    if output.kind == "local" and len(output.files) == 1:
        return _inside(report, output.path / next(iter(output.files)))
    if output.kind == "local":
        return f"{_inside(report, output.path)} ({len(output.files)} files)"
    return _inside(report, output.path)


def _print_failures(console: Console, report: RunReport) -> None:
    failed = [s for s in report.steps.values() if s.at_fault]
    for step in failed[:_FAILURES_SHOWN]:
        say(console, "")
        what = f"error KAZ603  '{step.name}' {step.reason or 'failed'}."
        say(console, Text(what, STYLES[step.status]))
        if step.timed_out and step.logs:
            # Nobody knows which of them the others wait for.
            _print_ranks(console, step)
        elif step.log is not None:
            _print_log(console, step.log, LINES_OF_A_LOG)
        if step.log is not None and len(step.logs) > 1:
            say(console, f"The logs of all {len(step.logs)} processes: {shown(step.log.parent)}")
    if report.status == "Canceled":
        _print_interrupted(console, report)
    if len(failed) > _FAILURES_SHOWN:
        say(console, f"{len(failed) - _FAILURES_SHOWN} more steps failed: see their logs.")


def _print_interrupted(console: Console, report: RunReport) -> None:
    """Where the processes of distributed steps were: perhaps they waited for one another."""
    for step in report.steps.values():
        if step.status == "Canceled" and step.logs and not step.at_fault:
            say(console, "")
            say(console, f"Where the processes of '{step.name}' were:")
            _print_ranks(console, step)


def _print_ranks(console: Console, step: RunStep) -> None:
    for log in step.logs[:_RANKS_SHOWN]:
        _print_log(console, log, LINES_OF_A_RANK)


def _print_log(console: Console, log: Path, count: int) -> None:
    lines = last_lines(log, count)
    if not any(lines):
        what = f"Nothing in {shown(log)}." if count == LINES_OF_A_RANK else _NOTHING
        say(console, what)
        return
    say(console, f"The last lines of {shown(log)}:")
    for line in lines:
        say(console, f"  {line}".rstrip())


def _inside(report: RunReport, path: Path) -> str:
    return path.relative_to(report.folder).as_posix()


def _verdict(report: RunReport) -> str:
    counts = (
        ("completed", report.count("Completed")),
        ("failed", report.count("Failed")),
        ("canceled", report.count("Canceled")),
        ("not started", report.count("NotStarted")),
    )
    parts = ", ".join(f"{number} {what}" for what, number in counts if number)
    return f"{report.status} in {report.seconds:.1f} s: {parts}."
