"""A schedule in words that can be compared: what Azure ML has of it, and what a document says."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from kedro_azureml.azure.connect.silence import quiet
from kedro_azureml.azure.deploy.facts import Facts, step_facts, value_text
from kedro_azureml.azure.deploy.model import Existing, code_in, state_of
from kedro_azureml.job.schedule import CronTrigger, Schedule


# The SDK says of some kinds of schedules that they have no job.
@quiet()
def existing_schedule(schedule: Any) -> Existing:
    """Describe a schedule that the SDK has read."""
    properties = dict(schedule.properties or {})
    return Existing(
        "schedule",
        str(schedule.name),
        dict(schedule.tags or {}),
        properties,
        _facts(schedule, properties),
        bool(schedule.is_enabled),
        state_of(schedule),
    )


def schedule_details(schedule: Schedule) -> dict[str, str | None]:
    """Return what people see of a schedule's document, beside its job."""
    trigger = schedule.trigger
    common: dict[str, Any] = {
        "start": trigger.start_time,
        "end": trigger.end_time,
        "zone": trigger.time_zone,
    }
    if isinstance(trigger, CronTrigger):
        when = trigger.expression
    else:
        pattern = trigger.schedule
        when = _recurrence(trigger.frequency, trigger.interval, pattern)
    return {**_when(when, **common), **_titles(schedule)}


def _facts(schedule: Any, properties: Mapping[str, str]) -> Facts:
    trigger, job = schedule.trigger, schedule.create_job
    expression = getattr(trigger, "expression", None)
    when = expression or _recurrence(
        str(getattr(trigger, "frequency", "")),
        int(getattr(trigger, "interval", 0) or 0),
        getattr(trigger, "schedule", None),
    )
    details = {
        **_when(when, trigger.start_time, trigger.end_time, trigger.time_zone),
        **_titles(schedule),
    }
    code, data = code_in(properties)
    inputs = getattr(job, "inputs", None) or {}
    default = getattr(getattr(job, "settings", None), "default_compute", None)
    return Facts(
        {key: value for key, value in details.items() if value},
        {name: value_text(v) for name, given in inputs.items() if (v := _literal(given))},
        {
            name: step_facts(step.compute or default, step.tags or {})
            for name, step in (getattr(job, "jobs", None) or {}).items()
        },
        code,
        data,
    )


def _literal(given: Any) -> str | None:
    """Return the value of an input; None when it is data."""
    value = getattr(given, "_data", given)
    return value_text(value) if isinstance(value, str | bool | int | float) else None


def _titles(schedule: Any) -> dict[str, str | None]:
    return {"display name": schedule.display_name, "description": schedule.description}


def _when(when: str, start: Any, end: Any, zone: Any) -> dict[str, str | None]:
    return {
        "trigger": when,
        "time zone": str(getattr(zone, "value", zone) or ""),
        "start": time_text(start),
        "end": time_text(end),
    }


def time_text(moment: Any) -> str | None:
    """Return a time as both a document and Azure ML have it; neither has an offset."""
    if isinstance(moment, datetime):
        moment = moment.replace(tzinfo=None).isoformat(sep=" ", timespec="seconds")
    return str(moment).replace("T", " ").partition("Z")[0].partition(".")[0] if moment else None


def _recurrence(frequency: str, interval: int, pattern: Any) -> str:
    parts = [f"every {interval} {frequency.lower()}"]
    for word, key in (
        ("on", "week_days"),
        ("on days", "month_days"),
        ("hours", "hours"),
        ("minutes", "minutes"),
    ):
        values = getattr(pattern, key, None) or []
        if values:
            parts.append(f"{word} {', '.join(str(getattr(v, 'value', v)).lower() for v in values)}")
    return ", ".join(parts)
