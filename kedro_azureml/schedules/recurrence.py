"""A recurrence as Azure ML has it: every so many minutes, hours, days, weeks or months."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import MAXYEAR, date, datetime, time, timedelta
from typing import Literal, get_args

Frequency = Literal["minute", "hour", "day", "week", "month"]
WeekDay = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
_WEEK_DAYS = get_args(WeekDay)
_DAYS_IN_A_WEEK = 7
_MONTHS_IN_A_YEAR = 12


@dataclass(frozen=True)
class Recurrence:
    """The times of a recurrence.

    Attributes:
        frequency: What is counted.
        interval: How many of them lie between two times, 1 or more.
        hours: 0 to 23; with `minutes` the times of a day. Empty: the time of the start.
        minutes: 0 to 59.
        week_days: The days of a week, for a frequency of weeks. Empty: the day of the start.
        month_days: The days of a month, likewise; one that a month lacks is skipped.
    """

    frequency: Frequency
    interval: int = 1
    hours: tuple[int, ...] = ()
    minutes: tuple[int, ...] = ()
    week_days: tuple[WeekDay, ...] = ()
    month_days: tuple[int, ...] = ()

    @property
    def is_of_hours(self) -> bool:
        """Whether it counts minutes or hours, and no days."""
        return self.frequency in ("minute", "hour")

    def after(self, moment: datetime, start: datetime) -> Iterator[datetime]:
        """Yield the wall clock's times after a moment, in order, as far as there are years.

        Args:
            moment: Times up to this one are left out.
            start: The first one, from which intervals are counted.
        """
        # There are none after the year 9999, to which a great interval leads at once.
        with suppress(OverflowError, ValueError):
            for at in self._all(start, moment):
                if at > moment and at >= start:
                    yield at

    def _all(self, start: datetime, moment: datetime) -> Iterator[datetime]:
        if self.is_of_hours:
            unit = timedelta(minutes=1) if self.frequency == "minute" else timedelta(hours=1)
            step = unit * self.interval
            passed = max(0, (moment - start) // step)
            while True:
                yield start + passed * step
                passed += 1
        for day in self._days(start.date()):
            for at in self._times(start):
                yield datetime.combine(day, at)

    def _times(self, start: datetime) -> list[time]:
        if not self.hours:
            return [start.time().replace(second=0, microsecond=0)]
        return [time(h, m) for h in sorted(self.hours) for m in sorted(self.minutes)]

    def _days(self, start: date) -> Iterator[date]:
        if self.frequency == "day":
            while True:
                yield start
                start += timedelta(days=self.interval)
        if self.frequency == "week":
            monday = start - timedelta(days=start.weekday())
            numbers = sorted(map(_WEEK_DAYS.index, self.week_days)) or [start.weekday()]
            while True:
                yield from (monday + timedelta(days=number) for number in numbers)
                monday += timedelta(days=_DAYS_IN_A_WEEK * self.interval)
        months = start.year * _MONTHS_IN_A_YEAR + start.month - 1
        while True:
            year, month = divmod(months, _MONTHS_IN_A_YEAR)
            if year > MAXYEAR:
                # Every twelfth month may be a February, and no date have that day.
                return
            last = monthrange(year, month + 1)[1]
            for number in sorted(self.month_days) or [start.day]:
                if number <= last:
                    yield date(year, month + 1, number)
            months += self.interval
