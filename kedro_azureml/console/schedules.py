"""Schedules of the workspace, as ``schedule list`` and ``schedule show`` print them."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import TextIO

from kedro_azureml.azure.deploy.schedules.schedule_json import ScheduleJson
from kedro_azureml.console.columns import print_facts, print_rows
from kedro_azureml.console.origin import origin
from kedro_azureml.console.terminal import make_console, say
from kedro_azureml.formatting import count, there_and_here

_HEADER = ("name", "enabled", "trigger", "time zone", "deployed from")


def print_schedules(schedules: Sequence[ScheduleJson], stream: TextIO | None = None) -> None:
    """Print a line for each schedule below a header."""
    console = make_console(stream or sys.stdout)
    if not schedules:
        say(console, "There are no schedules.")
        return
    print_rows(console, _HEADER, [_row(schedule) for schedule in schedules])


def print_schedule(schedule: ScheduleJson, stream: TextIO | None = None) -> None:
    """Print what there is to know about a schedule."""
    console = make_console(stream or sys.stdout)
    say(console, f"{schedule.name}: {'enabled' if schedule.enabled else 'paused'}")
    facts = {**schedule.details, **{f"input {k}": v for k, v in schedule.inputs.items()}}
    facts["deployed from"] = origin(schedule)
    print_facts(console, facts)
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
        origin(schedule),
    )


def _times(schedule: ScheduleJson) -> Iterator[str]:
    if not schedule.next_times:
        yield "It starts no job any more, or this package cannot tell when."
    elif not schedule.enabled:
        yield "It is paused. If it were not, it would start its job at:"
    else:
        yield "Next times, in its zone and here:"
    for moment in schedule.next_times:
        yield f"  {there_and_here(moment)}"


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
