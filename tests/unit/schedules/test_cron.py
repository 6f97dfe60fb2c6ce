"""Cron texts: what Azure ML understands of them, held against croniter."""

from __future__ import annotations

import contextlib
from datetime import datetime, timedelta
from itertools import islice

import pytest
from croniter import croniter
from hypothesis import given
from hypothesis import strategies as st

from kedro_azureml.schedules.cron import Cron, CronError


def field(greatest: int) -> st.SearchStrategy[str]:
    number = st.integers(0, greatest)
    # croniter takes 0-0 for every day.
    ends = st.lists(number, min_size=2, max_size=2, unique=True).map(sorted)
    ranges = ends.map(lambda pair: f"{pair[0]}-{pair[1]}")
    stepped = st.tuples(st.one_of(st.just("*"), ranges), st.integers(1, greatest)).map(
        lambda pair: f"{pair[0]}/{pair[1]}"
    )
    part = st.one_of(number.map(str), ranges, stepped)
    return st.one_of(st.just("*"), st.lists(part, min_size=1, max_size=3).map(",".join))


DAYS = st.one_of(field(6), st.sampled_from(["mon", "MON-fri", "sun,sat", "7", "5-7", "0", "1,7"]))
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2035, 12, 31))


@given(minute=field(59), hour=field(23), day=DAYS, moment=MOMENTS)
def test_the_next_times_are_those_of_croniter(
    minute: str, hour: str, day: str, moment: datetime
) -> None:
    text = f"{minute} {hour} * * {day}"
    own = Cron.parse(text).after(moment, moment)
    other = croniter(text, moment)
    assert list(islice(own, 20)) == [other.get_next(datetime) for _ in range(20)]


def test_a_year_of_a_nightly_job() -> None:
    start = datetime(2027, 1, 1)
    times = Cron.parse("15 3 * * 1-5").after(start, start)
    year = [at for at in islice(times, 300) if at < start + timedelta(days=365)]
    assert len(year) == 261
    assert {(at.hour, at.minute) for at in year} == {(3, 15)}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("15 3 * *", "has 4 fields instead of five"),
        ("0 15 3 * * 1", "has 6 fields instead of five"),
        ("@daily", "Azure ML knows no '@daily'"),
        ("15 3 1 * *", "Azure ML ignores the day of the month"),
        ("15 3 * 1-6 *", "Azure ML ignores the month"),
        ("60 3 * * *", "'60' is no minute: it is a number from 0 to 59"),
        ("15 24 * * *", "'24' is no hour"),
        ("15 3 * * 8", "'8' is no day of the week"),
        ("15 3 * * friday", "'friday' is no day of the week"),
        ("15 3 * * 5-1", "ends before it begins"),
        ("*/0 3 * * *", "The step of '*/0' is 0"),
        ("*/90 3 * * *", "leads beyond the greatest minute, 59"),
        ("15 */24 * * *", "leads beyond the greatest hour, 23"),
        ("1,,2 3 * * *", "'' is no minute"),
        ("-5 3 * * *", "'-5' is no minute"),
        ("15 3 * * ?", "'?' is no day of the week"),
        ("² 3 * * *", "is no minute"),
        ("", "has 0 fields"),
    ],
)
def test_what_azure_ml_would_misunderstand(text: str, words: str) -> None:
    with pytest.raises(CronError) as refused:
        Cron.parse(text)
    assert words in refused.value.message
    assert refused.value.remedy


@given(minute=field(59), hour=field(23), day=DAYS)
def test_what_azure_ml_is_given_means_the_same(minute: str, hour: str, day: str) -> None:
    text = f"{minute} {hour} * * {day}"
    written = Cron.written(text)
    assert Cron.parse(written) == Cron.parse(text)
    assert "7" not in written.split()[-1]
    assert Cron.written(written) == written


@given(st.text(max_size=20))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(CronError):
        assert Cron.parse(text).weekdays
