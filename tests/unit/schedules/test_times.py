"""The moments of a schedule, over years and changes of the clock, held against zoneinfo."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from itertools import islice, pairwise
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pytest
from dateutil.rrule import DAILY, HOURLY, MINUTELY, MONTHLY, WEEKLY, rrule
from hypothesis import given
from hypothesis import strategies as st

from kedro_azureml.compiler.schedules import next_runs
from kedro_azureml.config.models.schedules import RecurrenceConfig, ScheduleConfig
from kedro_azureml.schedules.cron import Cron
from kedro_azureml.schedules.recurrence import Frequency, Recurrence, WeekDay
from kedro_azureml.schedules.times import next_moments, wall_clock
from kedro_azureml.schedules.zones import ZoneError, windows_name, windows_zones, zone_of

BERLIN = ZoneInfo("Europe/Berlin")
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2032, 1, 1)).map(
    lambda moment: moment.replace(second=0, microsecond=0)
)
COUNTED: dict[str, Any] = {
    "minute": MINUTELY,
    "hour": HOURLY,
    "day": DAILY,
    "week": WEEKLY,
    "month": MONTHLY,
}
NAMES_OF_FREQUENCIES: tuple[Frequency, ...] = ("minute", "hour", "day", "week", "month")
NAMES: tuple[WeekDay, ...] = (
    *("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
)


@given(
    frequency=st.sampled_from(["minute", "hour"]),
    interval=st.integers(1, 100),
    start=MOMENTS,
    passed=st.integers(-1000, 100_000),
)
def test_minutes_and_hours(
    frequency: Frequency, interval: int, start: datetime, passed: int
) -> None:
    moment = start + timedelta(minutes=passed)
    own = Recurrence(frequency, interval).after(moment, start)
    rule = rrule(COUNTED[frequency], interval=interval, dtstart=start)
    first = rule.after(moment)
    assert first is not None
    expected = list(islice(rule.xafter(moment), 5))
    assert list(islice(own, 5)) == expected


@given(
    frequency=st.sampled_from(["day", "week", "month"]),
    interval=st.integers(1, 4),
    hours=st.lists(st.integers(0, 23), max_size=2, unique=True),
    days=st.lists(st.integers(0, 6), max_size=3, unique=True),
    month_days=st.lists(st.integers(1, 31), max_size=3, unique=True),
    start=MOMENTS,
    passed=st.integers(0, 800),
)
def test_days_weeks_and_months(
    frequency: Frequency,
    interval: int,
    hours: list[int],
    days: list[int],
    month_days: list[int],
    start: datetime,
    passed: int,
) -> None:
    weekly = days if frequency == "week" else []
    monthly = month_days if frequency == "month" else []
    minutes = [0, 30] if hours else []
    recurrence = Recurrence(
        frequency,
        interval,
        tuple(hours),
        tuple(minutes),
        tuple(NAMES[day] for day in weekly),
        tuple(monthly),
    )
    rule = rrule(
        COUNTED[frequency],
        interval=interval,
        dtstart=start,
        byhour=hours or None,
        byminute=minutes or None,
        bysecond=0,
        byweekday=weekly or None,
        bymonthday=monthly or (start.day if frequency == "month" else None),
    )
    moment = start + timedelta(days=passed)
    assert list(islice(recurrence.after(moment, start), 5)) == list(islice(rule.xafter(moment), 5))


def test_an_end_of_time() -> None:
    """The thirtieth of each February, and what is farther away than the year 9999."""
    start = datetime(2027, 2, 1)
    assert list(Recurrence("month", 12, (1,), (1,), (), (30,)).after(start, start)) == []
    for frequency in NAMES_OF_FREQUENCIES:
        assert list(islice(Recurrence(frequency, 10**12).after(start, start), 2)) == []


def in_berlin(cron: str, start: str, number: int = 3) -> list[str]:
    clock = datetime.fromisoformat(start)
    moments = next_moments(Cron.parse(cron).after(clock, clock), BERLIN, number)
    return [moment.isoformat() for moment in moments]


def test_summer_begins() -> None:
    """On 2027-03-28 there is no 02:30 in Berlin."""
    assert in_berlin("30 2 * * *", "2027-03-27T00:00:00") == [
        "2027-03-27T02:30:00+01:00",
        "2027-03-28T03:30:00+02:00",
        "2027-03-29T02:30:00+02:00",
    ]
    # 02:30 and 03:30 are one moment then.
    assert in_berlin("30 2,3 * * *", "2027-03-28T00:00:00")[:2] == [
        "2027-03-28T03:30:00+02:00",
        "2027-03-29T02:30:00+02:00",
    ]


def test_summer_ends() -> None:
    """On 2027-10-31 there are two 02:30 in Berlin."""
    assert in_berlin("30 2 * * *", "2027-10-30T12:00:00", 2) == [
        "2027-10-31T02:30:00+02:00",
        "2027-11-01T02:30:00+01:00",
    ]


def test_in_the_hour_that_comes_twice() -> None:
    """At the second 02:30 all times of that hour are over, and later ones are not."""
    now = datetime(2027, 10, 31, 1, 30, tzinfo=timezone.utc)
    every_minute = ScheduleConfig(cron="* * * * *", time_zone="Europe/Berlin")
    shown = [moment.isoformat() for moment in next_runs(every_minute, now, 2)]
    assert shown == ["2027-10-31T03:00:00+01:00", "2027-10-31T03:01:00+01:00"]


@given(
    frequency=st.sampled_from(["minute", "hour"]),
    interval=st.integers(1, 100),
    zone=st.sampled_from(windows_zones()),
    start=MOMENTS,
    passed=st.integers(0, 10_000),
)
def test_minutes_and_hours_pass_whatever_the_clock_shows(
    frequency: Frequency, interval: int, zone: str, start: datetime, passed: int
) -> None:
    section = ScheduleConfig(
        every=RecurrenceConfig(frequency=frequency, interval=interval),
        time_zone=zone,
        start=start.isoformat(),
    )
    begin = start.replace(tzinfo=zone_of(zone)).astimezone(timezone.utc)
    step = timedelta(**{f"{frequency}s": interval})
    # A second later is between two of them.
    now = begin + passed * step + timedelta(seconds=1)
    expected = [begin + (passed + number) * step for number in range(1, 6)]
    assert next_runs(section, now) == expected


@given(zone=st.sampled_from(windows_zones()), moment=MOMENTS, hour=st.integers(0, 23))
def test_moments_rise_and_show_the_time_unless_the_clock_leaves_it_out(
    zone: str, moment: datetime, hour: int
) -> None:
    info = zone_of(zone)
    times = list(islice(Cron.parse(f"15 {hour} * * *").after(moment, moment), 400))
    moments = next_moments(times, info, 400)
    assert all(one < other for one, other in pairwise(moments))
    for time, shown in zip(times, moments, strict=True):
        exists = time.replace(tzinfo=info).astimezone(timezone.utc).astimezone(info)
        assert shown == exists
        if exists.replace(tzinfo=None) == time:
            assert shown.replace(tzinfo=None) == time


def test_no_more_after_the_end() -> None:
    start = datetime(2027, 1, 1)
    times = Cron.parse("0 6 * * *").after(start, start)
    assert len(next_moments(times, BERLIN, 9, datetime(2027, 1, 3, 6))) == 3


@pytest.mark.parametrize(
    ("text", "clock"),
    [
        ("2027-01-31T06:00:00", "2027-01-31T06:00:00"),
        ("2027-01-31T06:00:00Z", "2027-01-31T07:00:00"),
        ("2027-06-30T23:30:00-04:00", "2027-07-01T05:30:00"),
        ("2027-01-31", "2027-01-31T00:00:00"),
    ],
)
def test_a_time_with_an_offset_is_converted(text: str, clock: str) -> None:
    assert wall_clock(text, BERLIN).isoformat() == clock


def test_the_names_are_those_that_the_sdk_takes() -> None:
    constants = pytest.importorskip("azure.ai.ml.constants")
    assert set(windows_zones()) == {zone.value for zone in constants.TimeZone}
    assert windows_zones()


def test_every_windows_name_is_a_zone_and_comes_back() -> None:
    for name in windows_zones():
        assert windows_name(name) == name
        assert zone_of(name).utcoffset(datetime(2027, 1, 1)) is not None


@pytest.mark.parametrize(
    ("name", "windows"),
    [
        ("Europe/Berlin", "W. Europe Standard Time"),
        ("America/New_York", "Eastern Standard Time"),
        ("UTC", "UTC"),
        ("Asia/Kolkata", "India Standard Time"),
        ("Europe/Zaporozhye", "FLE Standard Time"),
    ],
)
def test_iana_names(name: str, windows: str) -> None:
    assert windows_name(name) == windows


def test_names_of_no_zone() -> None:
    for name in ("Europe/Berlinn", "CET+1", "", "../etc/passwd", "W. Europe"):
        with pytest.raises(ZoneError, match="no time zone"):
            windows_name(name)
    with pytest.raises(ZoneError, match="Did you mean 'Europe/Berlin'"):
        windows_name("Europe/Berlinn")


def test_a_translated_zone_shows_the_same_time() -> None:
    """As far as anybody knows today: every zone that has a name there at all."""
    now = datetime.now(timezone.utc)
    none = set()
    # "Factory" and "localtime" are no places.
    for name in sorted(name for name in available_timezones() if "/" in name):
        try:
            translated = zone_of(windows_name(name))
        except ZoneError:
            none.add(name)
            continue
        for days in range(0, 730, 14):
            moment = now + timedelta(days=days)
            own = moment.astimezone(ZoneInfo(name)).utcoffset()
            assert moment.astimezone(translated).utcoffset() == own, (name, moment)
    # A handful of islands and stations.
    assert len(none) < 10, none
