"""Waits for a job, telling how its steps go."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from kedro_azureml.azure.connect import sdk_private
from kedro_azureml.azure.connect.client import Connection
from kedro_azureml.azure.connect.errors import explained, is_missing
from kedro_azureml.azure.connect.silence import quiet
from kedro_azureml.azure.jobs.logs import LogReader
from kedro_azureml.azure.jobs.lookup import (
    error_text,
    get_job,
    status_of,
    view_job,
    view_steps,
)
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError
from kedro_azureml.job.run import ENDED, RUNNING, Run, RunStep, now, run_status
from kedro_azureml.job.run_progress import RunProgress

# The SDK's own variables, https://learn.microsoft.com/azure/machine-learning (jobs.stream).
_SHORTEST = ("AZUREML_RUN_POLLING_INTERVAL_MIN", 2.0)
_LONGEST = ("AZUREML_RUN_POLLING_INTERVAL_MAX", 20.0)
_GROWTH = 1.15
# How long the network may be away while a job that takes hours is watched.
PATIENCE_SECONDS = 900.0


@dataclass
class _Trouble:
    """Since when nothing is heard of Azure."""

    since: float | None = None


@quiet()
def watch(
    connection: Connection,
    name: str,
    progress: RunProgress,
    *,
    follow_logs: bool = False,
    sleep: Callable[[float], None] = time.sleep,
) -> Run:
    """Wait until a job is over.

    Raises:
        DiagnosticError: The job vanished, or nothing was heard of Azure for a long time.
    """
    job = get_job(connection, name)
    view = view_job(connection, job)
    progress.began(view)
    logs = _Logs(connection, progress) if follow_logs else None
    shortest, longest = (_seconds_from(*setting) for setting in (_SHORTEST, _LONGEST))
    pause = shortest
    trouble = _Trouble()
    known = {step.name: step.status for step in view.steps.values()}
    if view.is_over:
        # A list of jobs knows neither why a job failed nor how long it ran.
        with _patience(trouble, progress):
            _update_job(connection, view)
    while True:
        if logs:
            with _patience(trouble, progress):
                logs.show(view)
        if view.is_over:
            progress.ended(view)
            return view
        sleep(pause)
        pause = min(pause * _GROWTH, longest)
        with _patience(trouble, progress):
            _update(connection, job, view)
            changed = [s for s in view.steps.values() if known.get(s.name) != s.status]
            for step in changed:
                known[step.name] = step.status
                progress.step_changed(step)
            if changed:
                pause = shortest


def _update(connection: Connection, job: Any, run: Run) -> None:
    """Bring the run up to date, in two requests."""
    _update_job(connection, run)
    # After the status, so that the steps of a job that is over are over.
    steps = view_steps(connection, job)
    run.steps = {name: _timed(step, run.steps.get(name)) for name, step in steps.items()}


def _update_job(connection: Connection, run: Run) -> None:
    """Bring all but the steps up to date."""
    try:
        details = sdk_private.run_details(connection.ml, run.name)
        if details is None:
            run.status = status_of(connection.ml.jobs.get(run.name))
            return
    except Exception as error:
        if is_missing(error):
            raise DiagnosticError(
                Diagnostic(
                    "KAZ710",
                    f"The job '{run.name}' vanished while it was watched.",
                    "Somebody deleted it, or the workspace.",
                )
            ) from error
        with explained(f"asking for the status of '{run.name}'"):
            raise
    run.status, run.reason = run_status(details.status), error_text(details.error)
    run.started, run.ended = details.start_time_utc, details.end_time_utc


def _timed(step: RunStep, before: RunStep | None) -> RunStep:
    """Fill in when a step was seen to begin and end, where Azure ML does not say it."""
    moment = now()
    running, over = step.status in RUNNING, step.status in ENDED
    started = step.started or (before.started if before else None) or (moment if running else None)
    ended = step.ended or (before.ended if before else None) or (moment if over else None)
    return replace(step, started=started, ended=ended if over and started else None)


class _Logs:
    """Shows the logs of all steps that run."""

    def __init__(self, connection: Connection, progress: RunProgress) -> None:
        self._connection = connection
        self._progress = progress
        self._readers: dict[str, LogReader] = {}
        self._done: set[str] = set()

    def show(self, job: Run) -> None:
        for step in job.steps.values():
            # While it is prepared, its image may be built, which has a log too.
            begun = step.status in {"Preparing", *RUNNING, *ENDED}
            if not step.run or not begun or step.name in self._done:
                continue
            if step.name not in self._readers:
                self._readers[step.name] = LogReader(self._connection, step)
            reader = self._readers[step.name]
            reader.update(step)
            for _, text in reader.new_text():
                self._progress.logged(step, text)
            if step.status in ENDED:
                self._done.add(step.name)


@contextlib.contextmanager
def _patience(trouble: _Trouble, progress: RunProgress) -> Iterator[None]:
    """Let the network be away for a while."""
    try:
        yield
    except DiagnosticError as error:
        if any(d.code != "KAZ709" for d in error.diagnostics):
            raise
        moment = time.monotonic()
        if trouble.since is None:
            trouble.since = moment
            progress.notice("Azure cannot be reached; trying again.")
        elif moment - trouble.since > PATIENCE_SECONDS:
            raise
    else:
        if trouble.since is not None:
            progress.notice("Azure can be reached again.")
            trouble.since = None


def _seconds_from(variable: str, default: float) -> float:
    try:
        return max(0.1, float(os.environ.get(variable, default)))
    except ValueError:
        return default
