"""A cron text as Azure ML understands it: five fields, of which it ignores two.

"DAYS and MONTHS are treated as *": docs/architecture/azureml-capabilities.md, section 1. So what
stands in them is refused, and nobody waits for a job that comes every day, or never.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

_FIELDS = ("minute", "hour", "day of the month", "month", "day of the week")
_DAYS = {name: number for number, name in enumerate(("sun", "mon", "tue", "wed", "thu", "fri"))}
_DAYS["sat"] = 6
_SUNDAY_TOO = 7
_PART = re.compile(r"(?:\*|(\w+)(?:-(\w+))?)(?:/([0-9]+))?", re.ASCII)
_EXAMPLE = "Write five fields, such as '15 3 * * 1-5': minute, hour, *, *, day of the week."


class CronError(ValueError):
    """A cron text that Azure ML would misunderstand.

    Attributes:
        message: What is wrong, in one sentence.
        remedy: What to write instead, in one sentence.
    """

    def __init__(self, message: str, remedy: str = _EXAMPLE) -> None:
        self.message = message
        self.remedy = remedy
        super().__init__(f"{message} {remedy}")


@dataclass(frozen=True)
class Cron:
    """The times of a cron text.

    Attributes:
        minutes: 0 to 59, ascending.
        hours: 0 to 23, ascending.
        weekdays: 0 (Sunday) to 6.
    """

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    weekdays: frozenset[int]

    @classmethod
    def parse(cls, text: str) -> Cron:
        """Read a cron text.

        Raises:
            CronError: It has no five fields, or a field is out of its range or would be ignored.
        """
        fields = text.split()
        if text.startswith("@"):
            raise CronError(f"Azure ML knows no '{text}'.")
        if len(fields) != len(_FIELDS):
            raise CronError(f"'{text}' has {len(fields)} fields instead of five.")
        for name, field in zip(_FIELDS[2:4], fields[2:4], strict=True):
            if field != "*":
                raise CronError(
                    f"Azure ML ignores the {name}, so '{field}' in '{text}' would mean every one.",
                    "Write * there. A recurrence has days of a month: "
                    "every: {frequency: month, month_days: [1], hours: [3], minutes: [15]}.",
                )
        return cls(
            tuple(sorted(_numbers(fields[0], 59, _FIELDS[0]))),
            tuple(sorted(_numbers(fields[1], 23, _FIELDS[1]))),
            frozenset(
                number % _SUNDAY_TOO for number in _numbers(fields[4], _SUNDAY_TOO, _FIELDS[4])
            ),
        )

    @classmethod
    def written(cls, text: str) -> str:
        """Return the text as Azure ML is given it: it documents no other Sunday than 0.

        Raises:
            CronError: As `parse`.
        """
        *others, days = text.split()
        weekdays = cls.parse(text).weekdays
        if str(_SUNDAY_TOO) in days:
            days = ",".join(map(str, sorted(weekdays)))
        return " ".join([*others, days])

    def after(self, moment: datetime, start: datetime) -> Iterator[datetime]:
        """Yield the wall clock's times after a moment, in order and without end.

        Args:
            moment: Times up to this one are left out.
            start: So are times before this one.
        """
        day = max(moment, start).date()
        while True:
            if day.isoweekday() % 7 in self.weekdays:
                yield from (at for at in self._times(day) if at > moment and at >= start)
            day += timedelta(days=1)

    def _times(self, day: date) -> Iterator[datetime]:
        for hour in self.hours:
            for minute in self.minutes:
                yield datetime.combine(day, time(hour, minute))


def _numbers(field: str, greatest: int, name: str) -> set[int]:
    numbers: set[int] = set()
    for part in field.split(","):
        match = _PART.fullmatch(part)
        if match is None:
            raise CronError(f"'{part}' is no {name}.")
        first, last, step = match.groups()
        interval = int(step) if step else 1
        if interval < 1:
            raise CronError(f"The step of '{part}' is 0.")
        if interval > greatest:
            raise CronError(
                f"The step of '{part}' leads beyond the greatest {name}, {greatest}.",
                "Write a smaller one, or a recurrence: every: {frequency: minute, interval: 90}.",
            )
        if first is None:
            # Sunday has two numbers, and `*` means each day once.
            low, high = 0, min(greatest, 6) if name == _FIELDS[4] else greatest
        else:
            low = _number(first, greatest, name)
            high = _number(last, greatest, name) if last else low
            if step and not last:
                high = min(greatest, 6) if name == _FIELDS[4] else greatest
        if low > high:
            raise CronError(f"The range '{part}' of the {name} ends before it begins.")
        numbers.update(range(low, high + 1, interval))
    return numbers


def _number(text: str, greatest: int, name: str) -> int:
    if name == _FIELDS[4] and text.lower() in _DAYS:
        return _DAYS[text.lower()]
    if not text.isdigit() or int(text) > greatest:
        raise CronError(f"'{text}' is no {name}: it is a number from 0 to {greatest}.")
    return int(text)
