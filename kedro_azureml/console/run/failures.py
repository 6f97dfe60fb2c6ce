"""Why the steps of a rehearsal failed, as findings like all others."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from shlex import quote

from kedro_azureml.diagnostics import Diagnostic
from kedro_azureml.formatting import count, listed, shown
from kedro_azureml.job.run.failure import failed_step
from kedro_azureml.job.run.model import Run, RunStep
from kedro_azureml.job.secrets.redaction import redact, redact_argument
from kedro_azureml.rehearsal.processes.group import last_lines

LINES_OF_A_LOG = 20
LINES_OF_A_RANK = 5
_RANKS_SHOWN = 16
_FAILURES_SHOWN = 3
_NOTHING = "It wrote nothing to its log."


def failures(run: Run) -> list[Diagnostic]:
    """Return a finding for each step that failed; for the first ones, if there are many."""
    failed = [step for step in run.steps.values() if step.at_fault]
    findings = [_failure(step, step.log) for step in failed[:_FAILURES_SHOWN] if step.log]
    if len(failed) > _FAILURES_SHOWN:
        others = [step.name for step in failed[_FAILURES_SHOWN:]]
        message = f"{count(len(others), 'more step')} failed: {listed(others)}."
        remedy = f"See what one printed: kedro azureml run --local --logs {others[0]}"
        findings.append(Diagnostic("KAZ603", message, remedy))
    return findings


def ends_of_ranks(step: RunStep) -> Iterator[str]:
    """Yield the last lines that each process of a distributed step printed."""
    for log in step.logs[:_RANKS_SHOWN]:
        yield from _end_of(log, LINES_OF_A_RANK)


def _failure(step: RunStep, log: Path) -> Diagnostic:
    # Where it ran too long, nobody knows which of several processes the others wait for.
    waited = step.timed_out and bool(step.logs)
    lines = list(ends_of_ranks(step) if waited else _end_of(log, LINES_OF_A_LOG))
    if len(step.logs) > 1:
        lines.append(f"The logs of all {len(step.logs)} processes: {shown(log.parent)}")
    return failed_step(
        "KAZ603",
        step.name,
        known=step.reason or "failed",
        failure=step.failure,
        log=lines,
        remedy=f"Fix it, and run again: {_typed_command()}",
    )


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
