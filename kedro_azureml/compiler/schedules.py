"""Schedules: ``azure.schedules.<name>`` of azureml.yml and a compiled job become a document."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from kedro_azureml.config import AzureMLConfig
from kedro_azureml.config.models.schedules import ScheduleConfig
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError, nearest
from kedro_azureml.formatting import listed
from kedro_azureml.job.dates import dated_paths
from kedro_azureml.job.model import Literal_, PipelineJob
from kedro_azureml.job.parameter_inputs import described, inputs_in, written
from kedro_azureml.job.schedule import (
    TRIGGER_TIME,
    CreateJob,
    CronTrigger,
    RecurrencePattern,
    RecurrenceTrigger,
    Schedule,
)
from kedro_azureml.job.set_inputs import literals_of
from kedro_azureml.job.tags import SCHEDULE_TAG
from kedro_azureml.schedules.cron import Cron
from kedro_azureml.schedules.recurrence import Recurrence
from kedro_azureml.schedules.times import UTC, next_moments
from kedro_azureml.schedules.zones import windows_name, zone_of

# What azureml.yml has for it: there `${` belongs to OmegaConf.
TRIGGER_TIME_WORD = "{trigger_time}"
_AS_USER = "user_identity"
_OF_TEXT = ("string", "date")
# More than a day has minutes.
_MANY_RUNS = 1_500
_A_YEAR = timedelta(days=366)


def find_schedule(config: AzureMLConfig, name: str) -> ScheduleConfig:
    """Return a schedule of azureml.yml.

    Raises:
        DiagnosticError: KAZ133, it has none of that name.
    """
    schedule = config.azure.schedules.get(name)
    if schedule is None:
        raise DiagnosticError(
            Diagnostic(
                "KAZ133",
                f"azureml.yml has no schedule '{name}'.",
                nearest(name, config.azure.schedules) or "Write one under azure.schedules.",
                where="azureml.yml azure.schedules",
            )
        )
    return schedule


def make_schedule(
    name: str, config: AzureMLConfig, job: PipelineJob, file: Path, base: Path
) -> Schedule:
    """Make the document of a schedule.

    Args:
        name: The schedule's name.
        config: azureml.yml.
        job: The compiled job that it starts.
        file: The job's file.
        base: The folder of the schedule's own file.

    Raises:
        DiagnosticError: KAZ133; KAZ241, an input that the job does not have, or a value that is
            none of its type.
    """
    schedule = find_schedule(config, name)
    return Schedule(
        name=name,
        display_name=schedule.display_name,
        description=schedule.description,
        tags={SCHEDULE_TAG: name},
        trigger=_trigger(schedule),
        create_job=CreateJob(
            job=f"./{Path(os.path.relpath(file, base)).as_posix()}",
            inputs=scheduled_values(name, config, job, TRIGGER_TIME),
            tags={SCHEDULE_TAG: name},
        ),
    )


def scheduled_values(
    name: str, config: AzureMLConfig, job: PipelineJob, moment: str
) -> dict[str, Literal_]:
    """Return the values that a schedule gives to the inputs of its job, by the inputs' names.

    Args:
        name: The schedule's name.
        config: azureml.yml.
        job: The compiled job.
        moment: What stands for the time at which the job is started.

    Raises:
        DiagnosticError: As `make_schedule`.
    """
    given = find_schedule(config, name).inputs
    parameters = inputs_in(job.properties)
    names = {parameter: key for key, (parameter, _) in parameters.items()}
    literals = literals_of(job)
    values: dict[str, Literal_] = {}
    problems: list[Diagnostic] = []
    for key, value in given.items():
        place = config.place("azure", "schedules", name, "inputs", key)
        own = names.get(key, key)
        if own not in parameters or own not in literals:
            remedy = f"{nearest(key, names)} azure.job_inputs makes parameters inputs.".strip()
            message = f"The job of the schedule '{name}' has no input '{key}'."
            problems.append(Diagnostic("KAZ241", message, remedy, where=place))
            continue
        kind = parameters[own][1]
        try:
            if value in (TRIGGER_TIME_WORD, TRIGGER_TIME):
                if kind not in _OF_TEXT:
                    raise TypeError(
                        f"the time of the start is a text, and the input is {described(kind)}"
                    )
                values[own] = moment
            elif TRIGGER_TIME_WORD in str(value) or TRIGGER_TIME in str(value):
                raise ValueError(
                    f"{TRIGGER_TIME_WORD} stands alone, and is no part of a text or of a list"
                )
            else:
                values[own] = written(value, kind)
        except (TypeError, ValueError) as error:
            message = f"The schedule '{name}' gives '{key}' a value that cannot be used: {error}."
            problems.append(Diagnostic("KAZ241", message, "Correct the value.", where=place))
    if problems:
        raise DiagnosticError(problems)
    return values


def check_schedule(
    name: str, config: AzureMLConfig, job: PipelineJob, now: datetime
) -> Iterator[Diagnostic]:
    """Report KAZ242, a time that is over, KAZ243, steps that run as a user, and dates.

    KAZ244 is another day than the schedule's zone has, KAZ329 one that nobody replaces.

    Args:
        name: The schedule's name.
        config: azureml.yml.
        job: The compiled job.
        now: The present, with a zone.
    """
    schedule = find_schedule(config, name)
    place = config.place("azure", "schedules", name)
    yield from check_dates(f"schedule '{name}'", job, place)
    yield from _check_days(name, config, job, now)
    clock = now.astimezone(zone_of(schedule.time_zone)).replace(tzinfo=None)
    if schedule.end_time is not None and schedule.end_time <= clock:
        yield Diagnostic(
            "KAZ242",
            f"The schedule '{name}' ended at {schedule.end_time}: it will start no job.",
            "Put 'end' off, or remove it.",
            where=config.place("azure", "schedules", name, "end"),
        )
    elif not next_runs(schedule, now, 1):
        yield Diagnostic(
            "KAZ242",
            f"The schedule '{name}' will start no job: it has no time"
            + (f" before it ends at {schedule.end_time}." if schedule.end_time else " at all."),
            "Put 'end' off, or choose other times." if schedule.end_time else "Choose other times.",
            where=place,
        )
    elif schedule.start_time is not None and schedule.start_time <= clock:
        yield Diagnostic(
            "KAZ242",
            f"The schedule '{name}' begins at {schedule.start_time}, which is over: its next time "
            "counts from there.",
            "Remove 'start' if that is not meant.",
            severity="warning",
            where=config.place("azure", "schedules", name, "start"),
        )
    users = [
        step for step, placed in job.jobs.items() if (placed.identity or {}).get("type") == _AS_USER
    ]
    if users:
        yield Diagnostic(
            "KAZ243",
            f"{listed(users, 4)} of the schedule '{name}' run as the user, whose token need not be "
            "there when nobody has submitted the job.",
            "Give their compute a managed identity: identity: {type: managed}.",
            severity="warning",
            where=config.place("azure", "schedules", name),
        )


def _check_days(
    name: str, config: AzureMLConfig, job: PipelineJob, now: datetime
) -> Iterator[Diagnostic]:
    schedule = find_schedule(config, name)
    parameters = inputs_in(job.properties)
    names = {parameter: key for key, (parameter, _) in parameters.items()}
    dates = [
        key
        for key, value in schedule.inputs.items()
        if value in (TRIGGER_TIME_WORD, TRIGGER_TIME)
        and (named := parameters.get(names.get(key, key))) is not None
        and named[1] == "date"
    ]
    if not dates:
        return
    # Most of a year, which has both of the offsets that a zone may have.
    begin = max(next_runs(schedule, now, 1), default=now)
    moments = next_runs(schedule, now, _MANY_RUNS, begin + _A_YEAR)
    other = next((m for m in moments if m.date() != m.astimezone(timezone.utc).date()), None)
    if other is not None:
        utc = other.astimezone(timezone.utc)
        yield Diagnostic(
            "KAZ244",
            f"At {other:%Y-%m-%d %H:%M} in {schedule.time_zone} the schedule '{name}' gives "
            f"{listed(dates)} the date {utc:%Y-%m-%d}: Azure ML tells the time in UTC.",
            "Choose another time, or let the node make the date of the whole time: it gets that "
            "where the project's own value is a text such as 2026-01-31T00:00:00Z.",
            severity="warning",
            where=config.place("azure", "schedules", name, "inputs", dates[0]),
        )


def check_dates(starter: str, job: PipelineJob, place: str) -> Iterator[Diagnostic]:
    """Report KAZ329 for each path with a date, which nobody replaces in a job of Azure ML's own.

    Args:
        starter: The schedule or the endpoint that starts the job.
        job: The compiled job.
        place: The starter's place in azureml.yml.
    """
    for path in dated_paths(job):
        yield Diagnostic(
            "KAZ329",
            f"The job of the {starter} writes to '{path}', and Azure ML, which starts it, "
            "replaces no date: the second run would find the folder of the first.",
            "Write \\${{name}} in the place of {date}, in single quotes.",
            where=place,
        )


def next_runs(
    schedule: ScheduleConfig, now: datetime, number: int = 5, until: datetime | None = None
) -> list[datetime]:
    """Return the next moments at which a schedule starts its job, in its zone.

    Args:
        schedule: The schedule.
        now: The present, with a zone.
        number: How many.
        until: When it is enough, with a zone.
    """
    zone = zone_of(schedule.time_zone)
    times = schedule.times
    # Minutes and hours pass, whatever the clock of a zone shows.
    counted = UTC if isinstance(times, Recurrence) and times.is_of_hours else zone

    def clock(moment: datetime) -> datetime:
        return moment.astimezone(counted).replace(tzinfo=None, microsecond=0)

    start, end = (
        clock(at.replace(tzinfo=zone)) if at else None
        for at in (schedule.start_time, schedule.end_time)
    )
    ends = [at for at in (end, clock(until) if until else None) if at is not None]
    shown = times.after(clock(now), start or clock(now))
    moments = next_moments(shown, counted, number, min(ends, default=None), after=now)
    return [moment.astimezone(zone) for moment in moments]


def _trigger(schedule: ScheduleConfig) -> CronTrigger | RecurrenceTrigger:
    common: Mapping[str, Any] = {
        "start_time": schedule.start_time.isoformat() if schedule.start_time else None,
        "end_time": schedule.end_time.isoformat() if schedule.end_time else None,
        "time_zone": windows_name(schedule.time_zone),
    }
    every = schedule.every
    if every is None:
        return CronTrigger(expression=Cron.written(schedule.cron or ""), **common)
    pattern = RecurrencePattern(
        hours=every.hours,
        minutes=every.minutes,
        week_days=list(every.week_days) or None,
        month_days=every.month_days or None,
    )
    return RecurrenceTrigger(
        frequency=every.frequency,
        interval=every.interval,
        schedule=pattern if every.hours else None,
        **common,
    )
