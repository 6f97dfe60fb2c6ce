"""When a schedule of the workspace starts its job next."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import ValidationError

from kedro_azureml.compiler.schedules import next_runs
from kedro_azureml.config.models.schedules import ScheduleConfig


def next_times_of(schedule: Any, now: datetime) -> list[datetime] | None:
    """Return the next times in the schedule's zone; None for one that says so in an unknown way.

    Args:
        schedule: The schedule as the SDK has it.
        now: The present, with a zone.
    """
    try:
        section = ScheduleConfig.model_validate(_section(schedule))
    except (ValidationError, TypeError, ValueError):
        # Somebody else's: Azure ML checks next to nothing.
        return None
    return next_runs(section, now)


def _section(schedule: Any) -> dict[str, Any]:
    """Return what azureml.yml would say of a schedule."""
    trigger = schedule.trigger
    zone = getattr(trigger.time_zone, "value", trigger.time_zone) or "UTC"
    section: dict[str, Any] = {"time_zone": str(zone)}
    for key, moment in (("start", trigger.start_time), ("end", trigger.end_time)):
        if moment:
            section[key] = str(moment).partition("Z")[0]
    expression = getattr(trigger, "expression", None)
    if expression:
        return {**section, "cron": expression}
    pattern = trigger.schedule
    created = getattr(schedule.creation_context, "created_at", None)
    if "start" not in section and isinstance(created, datetime):
        # It counts from when it was made.
        section["start"] = created.isoformat()
    every = {
        key: [getattr(value, "value", value) for value in getattr(pattern, key, None) or []]
        for key in ("hours", "minutes", "week_days", "month_days")
    }
    every["week_days"] = [str(day).lower() for day in every["week_days"]]
    return {
        **section,
        "every": {
            "frequency": str(trigger.frequency).lower(),
            "interval": trigger.interval,
            **{key: values for key, values in every.items() if values},
        },
    }
