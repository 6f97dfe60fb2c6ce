"""Why a job did not complete: the end of the log of each step that failed, and its address."""

from __future__ import annotations

from kedro_azureml.azure.connect.client import Connection
from kedro_azureml.azure.connect.silence import quiet
from kedro_azureml.azure.jobs.logs import last_lines, log_text
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError
from kedro_azureml.job.run import Run, RunStep

LINES_OF_A_LOG = 20
_FAILURES_SHOWN = 3
_LONGEST_ERROR = 300


@quiet()
def ends_of_logs(connection: Connection, run: Run) -> dict[str, list[str]]:
    """Return the last lines of the first few steps that failed, by the names of the steps."""
    return {step.name: _end_of_log(connection, step) for step in _failed(run)[:_FAILURES_SHOWN]}


def findings(run: Run) -> list[Diagnostic]:
    """Return what is wrong with a job that is over; nothing if it completed."""
    return [] if run.status == "Completed" else list(_findings(run, _failed(run)))


def _failed(run: Run) -> list[RunStep]:
    return [step for step in run.steps.values() if step.at_fault]


def _end_of_log(connection: Connection, step: RunStep) -> list[str]:
    try:
        return last_lines(log_text(connection, step), LINES_OF_A_LOG)
    except DiagnosticError as error:
        return [f"(it cannot be read: {error.diagnostics[0].message})"]


def _findings(job: Run, failed: list[RunStep]) -> list[Diagnostic]:
    found = [
        Diagnostic(
            "KAZ711",
            f"The step '{step.name}' {_ended(step)}: {_reason(step)}",
            f"Its log: kedro azureml job logs {job.name} {step.name}"
            + (f"\nIn the Studio: {step.address}" if step.address else ""),
            where=f"jobs.{step.name}",
        )
        for step in failed[:_FAILURES_SHOWN]
    ]
    if len(failed) > _FAILURES_SHOWN or not failed:
        reason = f": {_cut(job.reason)}" if job.reason else "."
        more = f" {len(failed)} steps failed." if failed else ""
        found.append(
            Diagnostic(
                "KAZ711",
                f"The job '{job.name}' ended with the status {job.status}{reason}{more}",
                f"Look at it: kedro azureml job show {job.name}"
                + (f"\nIn the Studio: {job.address}" if job.address else ""),
            )
        )
    return found


def _ended(step: RunStep) -> str:
    return "failed" if step.status == "Failed" else f"ended with the status {step.status}"


def _reason(step: RunStep) -> str:
    return _cut(step.reason) if step.reason else "Azure ML gives no reason."


def _cut(text: str) -> str:
    joined = " ".join(text.split())
    return joined if len(joined) <= _LONGEST_ERROR else f"{joined[: _LONGEST_ERROR - 3]}..."
