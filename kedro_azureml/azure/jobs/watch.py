"""Waits for a job, telling how its steps go."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import Any, Protocol

from kedro_azureml.azure.connect import sdk_private
from kedro_azureml.azure.connect.client import Connection
from kedro_azureml.azure.connect.errors import explained, is_missing
from kedro_azureml.azure.jobs.logs import LogReader
from kedro_azureml.azure.jobs.lookup import (
    ENDED,
    JobView,
    StepView,
    error_text,
    get_job,
    status_of,
    view_job,
    view_steps,
)
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError

# The SDK's own variables, https://learn.microsoft.com/azure/machine-learning (jobs.stream).
_SHORTEST = ("AZUREML_RUN_POLLING_INTERVAL_MIN", 2.0)
_LONGEST = ("AZUREML_RUN_POLLING_INTERVAL_MAX", 20.0)
_GROWTH = 1.15
# How long the network may be away while a job that takes hours is watched.
PATIENCE_SECONDS = 900.0


class Watcher(Protocol):
    """Is told how a job goes."""

    def began(self, job: JobView) -> None:
        """The job as it is when watching begins."""

    def step_changed(self, step: StepView) -> None:
        """A step has another status."""

    def polled(self, job: JobView) -> None:
        """Everything as it is now."""

    def logged(self, step: StepView, text: str) -> None:
        """A step printed whole lines."""

    def notice(self, message: str) -> None:
        """Something worth a line."""


@dataclass
class _Trouble:
    """Since when nothing is heard of Azure."""

    since: float | None = None


def watch(
    connection: Connection,
    name: str,
    watcher: Watcher,
    *,
    follow_logs: bool = False,
    sleep: Callable[[float], None] = time.sleep,
) -> JobView:
    """Wait until a job is over.

    Raises:
        DiagnosticError: The job vanished, or nothing was heard of Azure for a long time.
    """
    job = get_job(connection, name)
    view = view_job(connection, job)
    watcher.began(view)
    logs = _Logs(connection, watcher) if follow_logs else None
    shortest, longest = (_seconds_from(*setting) for setting in (_SHORTEST, _LONGEST))
    pause = shortest
    trouble = _Trouble()
    known = {step.name: step.status for step in view.steps.values()}
    while True:
        if logs:
            with _patience(trouble, watcher):
                logs.show(view)
        if view.is_over:
            return view
        sleep(pause)
        pause = min(pause * _GROWTH, longest)
        with _patience(trouble, watcher):
            view = _next(connection, job, view)
            changed = [s for s in view.steps.values() if known.get(s.name) != s.status]
            for step in changed:
                known[step.name] = step.status
                watcher.step_changed(step)
            if changed:
                pause = shortest
            watcher.polled(view)


def _next(connection: Connection, job: Any, before: JobView) -> JobView:
    """The job as it is now: two requests."""
    status, error = _status(connection, before.name)
    # After the status, so that the steps of a job that is over are over.
    steps = view_steps(connection, job)
    steps = {name: _timed(step, before.steps.get(name)) for name, step in steps.items()}
    return replace(before, status=status, steps=steps, error=error)


def _status(connection: Connection, name: str) -> tuple[str, str | None]:
    try:
        details = sdk_private.run_details(connection.ml, name)
        if details is None:
            return status_of(connection.ml.jobs.get(name)), None
        return str(details.status), error_text(details.error)
    except Exception as error:
        if is_missing(error):
            raise DiagnosticError(
                Diagnostic(
                    "KAZ710",
                    f"The job '{name}' vanished while it was watched.",
                    "Somebody deleted it, or the workspace.",
                )
            ) from error
        with explained(f"asking for the status of '{name}'"):
            raise


def _timed(step: StepView, before: StepView | None) -> StepView:
    """Where Azure ML does not say when a step began and ended: when it was seen."""
    now = datetime.now(timezone.utc)
    running = step.status in ("Running", "Finalizing")
    started = step.started or (before.started if before else None) or (now if running else None)
    over = step.status in ENDED
    ended = step.ended or (before.ended if before else None) or (now if over else None)
    return replace(step, started=started, ended=ended if over and started else None)


class _Logs:
    """Shows the logs of all steps that run."""

    def __init__(self, connection: Connection, watcher: Watcher) -> None:
        self._connection = connection
        self._watcher = watcher
        self._readers: dict[str, LogReader] = {}
        self._done: set[str] = set()

    def show(self, job: JobView) -> None:
        for step in job.steps.values():
            # While it is prepared, its image may be built, which has a log too.
            begun = step.status in ("Preparing", "Running", "Finalizing") or step.status in ENDED
            if not step.run or not begun or step.name in self._done:
                continue
            if step.name not in self._readers:
                self._readers[step.name] = LogReader(self._connection, step)
            reader = self._readers[step.name]
            reader.update(step)
            for _, text in reader.new_text():
                self._watcher.logged(step, text)
            if step.status in ENDED:
                self._done.add(step.name)


@contextlib.contextmanager
def _patience(trouble: _Trouble, watcher: Watcher) -> Iterator[None]:
    """Let the network be away for a while."""
    try:
        yield
    except DiagnosticError as error:
        if any(d.code != "KAZ709" for d in error.diagnostics):
            raise
        now = time.monotonic()
        if trouble.since is None:
            trouble.since = now
            watcher.notice("Azure cannot be reached; trying again.")
        elif now - trouble.since > PATIENCE_SECONDS:
            raise
    else:
        if trouble.since is not None:
            watcher.notice("Azure can be reached again.")
            trouble.since = None


def _seconds_from(variable: str, default: float) -> float:
    try:
        return max(0.1, float(os.environ.get(variable, default)))
    except ValueError:
        return default
