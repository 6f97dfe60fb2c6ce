"""When a trigger fires: cron texts and recurrences, in time zones by their Windows names.

What docs/architecture says of schedules: a cron text has five fields, of which those of days and
months are ignored; the zone is UTC by default; a recurrence without a start fires at once; a start
in the past is as good as none; months without a day are skipped. A time that a change to daylight
saving leaves out does not come, and one that comes twice fires once: undocumented, and so a choice.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from babel.core import get_global

from tests.kit.azureml.http.messages import Json

_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_LONG_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_FREQUENCIES = ("minute", "hour", "day", "week", "month")
#: Nobody waits longer for a schedule.
_HORIZON = timedelta(days=800)


class TriggerError(Exception):
    """A trigger that the service does not take."""


def zone_of(trigger: Json) -> ZoneInfo:
    """The time zone that a trigger counts in."""
    name = trigger.get("timeZone") or "UTC"
    if name == "UTC":
        return ZoneInfo("UTC")
    found = get_global("windows_zone_mapping").get(name)
    if found is None:
        raise TriggerError(f"The time zone '{name}' is not valid.")
    return ZoneInfo(found)


def times(trigger: Json, after: datetime, created: datetime) -> Iterator[datetime]:
    """The moments, in UTC, at which a trigger fires after a moment.

    Args:
        trigger: What Azure Resource Manager was given.
        after: The moment.
        created: When its schedule was created, from which a recurrence counts without a start.
    """
    zone = zone_of(trigger)
    start, end = moment_of(trigger, "startTime"), moment_of(trigger, "endTime")
    if trigger["triggerType"] == "Cron":
        moments = _cron(trigger, zone, max(after, start or after))
    else:
        moments = _recurrence(trigger, zone, start or created, after)
    for moment in moments:
        if end is not None and moment > end:
            return
        if moment > after and (start is None or moment >= start):
            yield moment


def check(trigger: Json) -> None:
    """Refuse a trigger that cannot be understood."""
    zone_of(trigger)
    if trigger["triggerType"] == "Cron":
        _fields(str(trigger["expression"]))
    elif str(trigger["frequency"]).lower() not in _FREQUENCIES or int(trigger["interval"]) < 1:
        raise TriggerError("The frequency or the interval of the recurrence is not valid.")


def moment_of(trigger: Json, key: str) -> datetime | None:
    """A start or an end; one without an offset is in the trigger's zone."""
    text = trigger.get(key)
    if not text:
        return None
    moment = datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    local = moment if moment.tzinfo else moment.replace(tzinfo=zone_of(trigger))
    return local.astimezone(timezone.utc)


def _cron(trigger: Json, zone: ZoneInfo, begin: datetime) -> Iterator[datetime]:
    minutes, hours, days = _fields(str(trigger["expression"]))
    day = begin.astimezone(zone).date() - timedelta(days=1)
    for number in range(_HORIZON.days):
        date = day + timedelta(days=number)
        if (date.weekday() + 1) % 7 not in days:
            continue
        yield from _at(datetime(date.year, date.month, date.day), hours, minutes, zone)


def _at(day: datetime, hours: list[int], minutes: list[int], zone: ZoneInfo) -> Iterator[datetime]:
    """The times of a day, in order; those that its clocks leave out are not there."""
    found = []
    for hour in hours:
        for minute in minutes:
            local = day.replace(hour=hour, minute=minute, tzinfo=zone)
            moment = local.astimezone(timezone.utc)
            if moment.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None):
                found.append(moment)
    yield from sorted(found)


def _fields(text: str) -> tuple[list[int], list[int], set[int]]:
    """The minutes, hours and days of the week (0 is Sunday) of a cron text."""
    fields = text.split()
    if len(fields) != 5:
        raise TriggerError(f"The cron expression '{text}' does not have five fields.")
    minutes = _numbers(fields[0], 0, 59, text)
    hours = _numbers(fields[1], 0, 23, text)
    return minutes, hours, {day % 7 for day in _numbers(fields[4], 0, 7, text)}


def _numbers(field: str, least: int, most: int, text: str) -> list[int]:
    found: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        low, _, high = span.partition("-")
        try:
            first = least if span == "*" else _number(low)
            last = most if span == "*" or (step and not high) else _number(high or low)
            numbers = range(first, last + 1, int(step or 1))
        except ValueError:
            raise TriggerError(f"The cron expression '{text}' is not valid.") from None
        if not numbers or first < least or last > most:
            raise TriggerError(f"The cron expression '{text}' is not valid.")
        found.update(numbers)
    # Seven is Sunday only where somebody writes it.
    return sorted(found - {7} if field == "*" and most == 7 else found)


def _number(text: str) -> int:
    name = text.lower()[:3]
    return _DAYS.index(name) if name in _DAYS else int(text)


def _recurrence(
    trigger: Json, zone: ZoneInfo, anchor: datetime, after: datetime
) -> Iterator[datetime]:
    frequency, interval = str(trigger["frequency"]).lower(), int(trigger["interval"])
    local = anchor.astimezone(zone)
    # The SDK sends an empty one where nobody wrote any.
    pattern = trigger.get("schedule") or {}
    pattern = pattern if pattern.get("hours") else {}
    if not pattern and frequency in ("minute", "hour"):
        step = interval * timedelta(**{f"{frequency}s": 1})
        number = max(0, (after - anchor) // step)
        while step * number < _HORIZON + max(after - anchor, timedelta()):
            yield anchor + step * number
            number += 1
        return
    day = local.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    for number in range((max(after - anchor, timedelta()) + _HORIZON).days):
        date = day + timedelta(days=number)
        if not _is_day(date, day, frequency, interval, pattern):
            continue
        if pattern:
            hours, minutes = sorted(pattern["hours"]), sorted(pattern["minutes"])
            yield from _at(date, hours, minutes, zone)
        else:
            moment = datetime.combine(date, local.timetz())
            yield moment.astimezone(timezone.utc)


def _is_day(date: datetime, first: datetime, frequency: str, interval: int, pattern: Json) -> bool:
    """Whether a recurrence fires on a day."""
    week_days = [_LONG_DAYS.index(str(day).lower()) for day in pattern.get("weekDays") or ()]
    if frequency in ("minute", "hour", "day"):
        number = (date - first).days
        return number % interval == 0 and (not week_days or date.weekday() in week_days)
    if frequency == "week":
        monday = first - timedelta(days=first.weekday())
        number = (date - monday).days // 7
        return number % interval == 0 and date.weekday() in (week_days or [first.weekday()])
    number = (date.year - first.year) * 12 + date.month - first.month
    if week_days:
        return number % interval == 0 and date.weekday() in week_days
    month_days = pattern.get("monthDays") or [first.day]
    return number % interval == 0 and date.day in month_days
