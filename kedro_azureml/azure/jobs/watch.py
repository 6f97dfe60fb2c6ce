"""Waits for a job, telling how its steps go."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from kedro_azureml.azure.connect import sdk_private
from kedro_azureml.azure.connect.client import Connection
from kedro_azureml.azure.connect.errors import explained, is_missing
from kedro_azureml.azure.connect.silence import quiet
from kedro_azureml.azure.jobs.logs import LogReader
from kedro_azureml.azure.jobs.lookup import (
    error_text,
    get_job,
    no_such_job,
    status_of,
    view_job,
    view_steps,
)
from kedro_azureml.azure.jobs.patience import DEFECT, PATIENCE_SECONDS, Patience
from kedro_azureml.azure.jobs.trials import add_trials
from kedro_azureml.diagnostics import DiagnosticError
from kedro_azureml.job.run.model import ENDED, RUNNING, Run, RunStep, now, run_status
from kedro_azureml.job.run.progress import RunProgress

# The SDK's own variables, https://learn.microsoft.com/azure/machine-learning (jobs.stream).
_SHORTEST = ("AZUREML_RUN_POLLING_INTERVAL_MIN", 2.0)
_LONGEST = ("AZUREML_RUN_POLLING_INTERVAL_MAX", 20.0)
_GROWTH = 1.15
# Run history may say that a job is over before it says so of its last steps.
_LAST_LOOKS = 5


@quiet()
def watch(
    connection: Connection,
    name: str,
    progress: RunProgress,
    *,
    follow_logs: bool = False,
    exists: bool = False,
    sleep: Callable[[float], None] = time.sleep,
    seconds: float = PATIENCE_SECONDS,
) -> Run:
    """Wait until a job is over.

    Args:
        connection: The workspace.
        name: The job.
        progress: Who is told how it goes.
        follow_logs: Whether to tell what the steps print.
        exists: Whether the job was just submitted, and so is there whatever Azure says at first.
        sleep: Waits between two looks.
        seconds: How long Azure may refuse to say how the job stands, or the job stand still.

    Raises:
        DiagnosticError: The job does not exist, or nothing good was heard of it for a long time.
    """
    shortest, longest = (_seconds_from(*setting) for setting in (_SHORTEST, _LONGEST))
    patience = Patience(progress, seconds)
    job, view = _first_look(connection, name, exists, patience, lambda: sleep(shortest))
    progress.began(view)
    logs = _Logs(connection, progress, patience) if follow_logs else None
    pause = shortest
    known = {step.name: step.status for step in view.steps.values()}
    if view.is_over:
        # A list of jobs knows neither why a job failed nor how long it ran.
        with patience:
            _update_job(connection, view)
    looks = 0
    while True:
        if logs:
            logs.show(view)
        looks = looks + 1 if view.is_over else 0
        if view.is_over and (looks > _LAST_LOOKS or not _steps_going_on(view)):
            with patience:
                add_trials(connection, job, view)
            progress.ended(view)
            return view
        sleep(pause)
        pause = min(pause * _GROWTH, longest)
        with patience:
            _update(connection, job, view)
            changed = [s for s in view.steps.values() if known.get(s.name) != s.status]
            for step in changed:
                known[step.name] = step.status
                progress.step_changed(step)
            if changed:
                pause = shortest
        patience.check_progress_of(view)


def _first_look(
    connection: Connection, name: str, exists: bool, patience: Patience, pause: Callable[[], None]
) -> tuple[Any, Run]:
    """Look up the job; once more after a single refusal, or for as long as it is known to exist."""
    refused = False
    while True:
        try:
            with patience if exists else contextlib.nullcontext():
                job = get_job(connection, name)
                return job, view_job(connection, job)
        except DiagnosticError:
            if exists or refused:
                raise
            refused = True
        pause()


def _steps_going_on(run: Run) -> bool:
    """Whether steps seem to go on; those that never began never end."""
    waiting = {"NotStarted", "Unknown"}
    return any(step.status not in {*ENDED, *waiting} for step in run.steps.values())


def _update(connection: Connection, job: Any, run: Run) -> None:
    """Bring the run up to date, in two requests."""
    _update_job(connection, run)
    # After the status, so that the steps of a job that is over are over.
    steps = view_steps(connection, job)
    run.steps = {name: _newer(step, run.steps.get(name)) for name, step in steps.items()}


def _update_job(connection: Connection, run: Run) -> None:
    """Bring all but the steps up to date."""
    try:
        details = sdk_private.run_details(connection.ml, run.name)
        if details is None:
            run.status = status_of(connection.ml.jobs.get(run.name))
            return
    except Exception as error:
        if is_missing(error):
            raise DiagnosticError(no_such_job(run.name)) from error
        with explained(f"asking for the status of '{run.name}'"):
            raise
    run.status, run.reason = run_status(details.status), error_text(details.error)
    run.started, run.ended = details.start_time_utc, details.end_time_utc


def _newer(step: RunStep, before: RunStep | None) -> RunStep:
    """Return the step as it is now, with what was known of it before.

    Where Azure ML does not say when a step began and ended, it is when that was seen. An answer
    that is older than the one before cannot take back an end.
    """
    if before is not None and before.status in ENDED and step.status not in ENDED:
        return before
    moment = now()
    running, over = step.status in RUNNING, step.status in ENDED
    started = step.started or (before.started if before else None) or (moment if running else None)
    ended = step.ended or (before.ended if before else None) or (moment if over else None)
    return replace(step, started=started, ended=ended if over and started else None)


class _Logs:
    """Shows the logs of all steps that run."""

    def __init__(self, connection: Connection, progress: RunProgress, patience: Patience) -> None:
        self._connection = connection
        self._progress = progress
        self._patience = patience
        self._readers: dict[str, LogReader] = {}
        self._done: set[str] = set()
        self._failing = False
        self._defective = False

    def show(self, job: Run) -> None:
        """Show what is new; that a log cannot be read is said once, and ends no watch."""
        if self._defective:
            return
        try:
            self._show(job)
            self._failing = False
        except DiagnosticError as error:
            # A defect of ours writes its traceback to a file, once is enough.
            self._defective = any(d.code == DEFECT for d in error.diagnostics)
            if not self._patience.tell_login(error) and not self._failing:
                self._progress.notice(f"{error.diagnostics[0].message} Trying again.")
            self._failing = True

    def _show(self, job: Run) -> None:
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


def _seconds_from(variable: str, default: float) -> float:
    try:
        return max(0.1, float(os.environ.get(variable, default)))
    except ValueError:
        return default
