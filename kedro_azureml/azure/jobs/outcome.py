"""Why a job did not complete: the end of the log of each step that failed, and its address."""

from __future__ import annotations

from kedro_azureml.azure.connect.client import Connection
from kedro_azureml.azure.connect.silence import quiet
from kedro_azureml.azure.jobs.artifacts import failure_among_artifacts
from kedro_azureml.azure.jobs.logs import last_lines, log_text, run_with_log
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError
from kedro_azureml.formatting import Lines, count
from kedro_azureml.job.run.failure import failed_step
from kedro_azureml.job.run.model import Run, RunStep

LINES_OF_A_LOG = 20
_FAILURES_SHOWN = 3
_LONGEST_ERROR = 300


@quiet()
def findings(connection: Connection, run: Run) -> list[Diagnostic]:
    """Return what is wrong with a job that is over; nothing if it completed."""
    if run.status == "Completed":
        return []
    failed = [step for step in run.steps.values() if step.at_fault]
    shown = failed[:_FAILURES_SHOWN]
    for step in shown:
        step.failure = failure_among_artifacts(connection, run_with_log(step))
    diagnostics = [_finding(run, step, _end_of_log(connection, step)) for step in shown]
    if len(failed) > _FAILURES_SHOWN or not failed:
        diagnostics.append(_finding_of_run(run, len(failed)))
    return diagnostics


def _end_of_log(connection: Connection, step: RunStep) -> list[str]:
    try:
        lines = last_lines(log_text(connection, step), LINES_OF_A_LOG)
    except DiagnosticError as error:
        return [f"Its log cannot be read: {error.diagnostics[0].message}"]
    if not lines:
        return ["Its log is empty."]
    return ["The last lines of its log:", *(f"  {line}" for line in lines)]


def _finding(run: Run, step: RunStep, log: list[str]) -> Diagnostic:
    ended = "failed" if step.status == "Failed" else f"ended with the status {step.status}"
    if step.failure is None:
        # Azure ML repeats the end of the log, but it is all that is known.
        ended += f": {_cut(step.reason) if step.reason else 'Azure ML gives no reason.'}"
    return failed_step(
        "KAZ711",
        step.name,
        known=ended,
        failure=step.failure,
        log=log,
        remedy=and_in_studio(
            f"Its log: kedro azureml job logs {run.name} {step.name}", step.address
        ),
    )


def _finding_of_run(run: Run, failed: int) -> Diagnostic:
    reason = f": {_cut(run.reason)}" if run.reason else "."
    more = f" {count(failed, 'step')} failed." if failed else ""
    return Diagnostic(
        "KAZ711",
        f"The job '{run.name}' ended with the status {run.status}{reason}{more}",
        look_at(run),
    )


def look_at(run: Run) -> str:
    """Say how to see a job, and where."""
    return and_in_studio(f"Look at it: kedro azureml job show {run.name}", run.address)


def and_in_studio(remedy: str, address: str | None) -> str:
    """Add a line that says where the Studio shows it."""
    return Lines(remedy, f"In the Studio: {address}") if address else remedy


def _cut(text: str) -> str:
    joined = " ".join(text.split())
    return joined if len(joined) <= _LONGEST_ERROR else f"{joined[: _LONGEST_ERROR - 3]}..."
