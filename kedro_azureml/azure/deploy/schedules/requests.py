"""Schedules of the workspace: what is there, and how one is made, paused, resumed and removed."""

from __future__ import annotations

import io
from contextlib import redirect_stdout
from typing import Any

from azure.ai.ml import entities
from azure.core.exceptions import AzureError, HttpResponseError

from kedro_azureml.azure.connect.client import Connection
from kedro_azureml.azure.connect.errors import explained, is_missing
from kedro_azureml.azure.connect.silence import quiet
from kedro_azureml.azure.deploy.facts import compare_facts, facts_hash
from kedro_azureml.azure.deploy.model import SHOWN, Existing, Wanted
from kedro_azureml.azure.deploy.schedules.described import existing_schedule, time_text
from kedro_azureml.azure.submit.registration import PreparedJob
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError
from kedro_azureml.job.schedule import CronTrigger, RecurrenceTrigger, Schedule

# `schedules.list` shows the enabled ones alone unless it is told otherwise.
_ALL = "All"
# From here on, statuses are failures of the service.
_FAILURE = 500


@quiet()
def existing_schedules(connection: Connection) -> list[Existing]:
    """Describe every schedule of the workspace that the SDK can read.

    Raises:
        DiagnosticError: The workspace does not answer.
    """
    # It prints what it cannot read.
    with explained("listing the schedules"), redirect_stdout(io.StringIO()):
        try:
            listed = [s for s in connection.ml.schedules.list(list_view_type=_ALL) if s is not None]
        except Exception as error:
            if is_missing(error):
                # A missing workspace is said so.
                connection.check()
            raise
    return [existing_schedule(schedule) for schedule in listed]


@quiet()
def get_schedule(connection: Connection, name: str) -> Any:
    """Return a schedule as the SDK has it.

    Raises:
        DiagnosticError: KAZ734, there is none.
    """
    schedule = _find(connection, name)
    if schedule is None:
        raise DiagnosticError(
            Diagnostic(
                "KAZ734",
                f"The workspace has no schedule '{name}'.",
                "'kedro azureml schedule list' shows those that it has; 'kedro azureml deploy' "
                "makes those of azureml.yml.",
            )
        )
    return schedule


def find_existing(connection: Connection, name: str) -> Existing | None:
    """Describe a schedule; None when there is none.

    Raises:
        DiagnosticError: The workspace does not answer.
    """
    schedule = _find(connection, name)
    return None if schedule is None else existing_schedule(schedule)


def _find(connection: Connection, name: str) -> Any | None:
    with explained(f"looking up the schedule '{name}'"):
        try:
            return connection.ml.schedules.get(name)
        except Exception as error:
            if is_missing(error):
                # A missing workspace is said so.
                connection.check()
                return None
            raise


def put_schedule(connection: Connection, wanted: Wanted, job: PreparedJob) -> Existing:
    """Make or change a schedule, and return it as it is then.

    Args:
        connection: The workspace.
        wanted: The schedule.
        job: The job, whose components are registered.

    Raises:
        DiagnosticError: Azure ML refuses it.
    """
    document: Schedule = wanted.what
    schedule = entities.JobSchedule(
        name=wanted.name,
        display_name=document.display_name,
        description=document.description,
        trigger=trigger_entity(document.trigger),
        create_job=job.as_job(),
        tags=document.tags,
        properties=wanted.properties,
        # A recurrence without a start would begin before it could be paused.
        is_enabled=wanted.enabled,
    )
    put = connection.ml.schedules.begin_create_or_update
    with explained(f"deploying the schedule '{wanted.name}'"):
        made = put(schedule).result()
        now = existing_schedule(made)
        if now.content == wanted.content and any(compare_facts(now.facts, wanted.facts)):
            # Azure ML has written some of it in its own way: later that is no edit by hand.
            made.properties = {**made.properties, SHOWN: facts_hash(now.facts)}
            made = put(made).result()
    return existing_schedule(made)


def switch_schedule(connection: Connection, name: str, *, enabled: bool) -> None:
    """Pause or resume a schedule.

    Raises:
        DiagnosticError: Azure ML refuses.
    """
    operations = connection.ml.schedules
    begin = operations.begin_enable if enabled else operations.begin_disable
    with explained(f"{'resuming' if enabled else 'pausing'} the schedule '{name}'"):
        begin(name).result()


def delete_schedule(connection: Connection, existing: Existing) -> None:
    """Delete a schedule, which has to be paused first.

    Raises:
        DiagnosticError: Azure ML refuses.
    """
    if existing.enabled:
        switch_schedule(connection, existing.name, enabled=False)
    with explained(f"deleting the schedule '{existing.name}'"):
        connection.ml.schedules.begin_delete(existing.name).result()


@quiet()
def trigger_schedule(connection: Connection, name: str) -> str:
    """Let a schedule start its job now, and return the job's name.

    Raises:
        DiagnosticError: KAZ734, there is no such schedule; KAZ715, nobody knows whether a job was
            started.
    """
    get_schedule(connection, name)
    try:
        return str(connection.ml.schedules.trigger(name).job_name)
    except (AzureError, KeyboardInterrupt) as error:
        # It is sent once only: a second time would start a second job. An error of the service's
        # own says as little about the first one as no answer.
        if isinstance(error, HttpResponseError) and (error.status_code or _FAILURE) < _FAILURE:
            with explained(f"triggering the schedule '{name}'"):
                raise
        raise DiagnosticError(
            Diagnostic(
                "KAZ715",
                f"Azure ML gave no answer that tells, so the schedule '{name}' may or may not have "
                "started a job.",
                f"Look with 'kedro azureml schedule runs {name}' before you run the command again.",
            )
        ) from error


def trigger_entity(trigger: CronTrigger | RecurrenceTrigger) -> Any:
    """Return a trigger as the SDK has it."""
    common: dict[str, Any] = {
        "start_time": time_text(trigger.start_time),
        "end_time": time_text(trigger.end_time),
        "time_zone": trigger.time_zone,
    }
    if isinstance(trigger, CronTrigger):
        return entities.CronTrigger(expression=trigger.expression, **common)
    pattern = trigger.schedule
    return entities.RecurrenceTrigger(
        frequency=trigger.frequency,
        interval=trigger.interval,
        schedule=entities.RecurrencePattern(
            hours=pattern.hours,
            minutes=pattern.minutes,
            week_days=pattern.week_days,
            month_days=pattern.month_days,
        )
        if pattern
        else None,
        **common,
    )
