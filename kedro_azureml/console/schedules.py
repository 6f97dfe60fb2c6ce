"""Schedules of the workspace, as ``schedule list`` and ``schedule show`` print them."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import TextIO

from kedro_azureml.azure.deploy.schedules.schedule_json import ScheduleJson
from kedro_azureml.console.terminal import make_console, say
from kedro_azureml.formatting import count, one_line

_HEADER = ("name", "enabled", "trigger", "time zone", "deployed from")
_FORM = "%a %Y-%m-%d %H:%M %Z"
_SHORT_HASH = 10


def print_schedules(schedules: Sequence[ScheduleJson], stream: TextIO | None = None) -> None:
    """Print a line for each schedule below a header."""
    console = make_console(stream or sys.stdout)
    if not schedules:
        say(console, "There are no schedules.")
        return
    rows = [_HEADER, *(tuple(map(one_line, _row(schedule))) for schedule in schedules)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True))
        say(console, "  ".join(cells).rstrip())


def print_schedule(schedule: ScheduleJson, stream: TextIO | None = None) -> None:
    """Print what there is to know about a schedule."""
    console = make_console(stream or sys.stdout)
    say(console, f"{schedule.name}: {'enabled' if schedule.enabled else 'paused'}")
    facts = {**schedule.details, **{f"input {k}": v for k, v in schedule.inputs.items()}}
    facts["deployed from"] = _origin(schedule)
    width = max(map(len, facts))
    for label, value in facts.items():
        say(console, f"  {label:<{width}}  {value}")
    for line in _times(schedule):
        say(console, line)
    moved = _moved_on(schedule)
    if moved:
        say(console, moved)


def _row(schedule: ScheduleJson) -> tuple[str, ...]:
    return (
        schedule.name,
        "yes" if schedule.enabled else "no",
        schedule.details.get("trigger", ""),
        schedule.details.get("time zone", ""),
        _origin(schedule),
    )


def _origin(schedule: ScheduleJson) -> str:
    if schedule.project is None:
        return "elsewhere"
    env = f" in {schedule.env}" if schedule.env else ""
    commit = f", commit {schedule.commit[:_SHORT_HASH]}" if schedule.commit else ""
    changes = " with changes" if schedule.dirty else ""
    return f"{schedule.project}{env}{commit}{changes}"


def _times(schedule: ScheduleJson) -> Iterator[str]:
    if not schedule.enabled:
        yield "It is paused. If it were not, it would start its job at:"
    elif schedule.next_times:
        yield "Next times, in its zone and here:"
    for moment in schedule.next_times:
        yield f"  {moment:{_FORM}}   {moment.astimezone():{_FORM}}"


def _moved_on(schedule: ScheduleJson) -> str | None:
    if schedule.commit is None:
        return None
    if schedule.commits_since is None:
        return "This repository does not know that commit."
    if schedule.commits_since == 0:
        return None
    return (
        f"The project has moved on by {count(schedule.commits_since, 'commit')} since; "
        "'kedro azureml deploy --check' says whether that changes it."
    )
