"""A deployment's plan, as ``deploy`` shows it before it is carried out."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TextIO

from kedro_azureml.azure.deploy.model import Wanted
from kedro_azureml.azure.deploy.plan import (
    Add,
    Change,
    Keep,
    Leave,
    Remove,
    Stage,
    Switch,
    is_change,
    subject,
)
from kedro_azureml.console.terminal import make_console, say
from kedro_azureml.formatting import count, listed
from kedro_azureml.job.schedule import RecurrenceTrigger, Schedule

_PRUNED = "--prune removes it"


def explain_plan(stages: Sequence[Stage], stream: TextIO | None = None) -> None:
    """Print what a plan does, stage for stage."""
    console = make_console(stream or sys.stdout)
    for line in _lines(stages):
        say(console, line)
    changes = sum(map(is_change, stages))
    if not stages:
        say(console, "azureml.yml has nothing to deploy.")
    elif changes:
        say(console, f"{count(changes, 'change')}.")
    elif any(isinstance(stage, Leave) for stage in stages):
        say(console, "Everything else is as azureml.yml says.")
    else:
        say(console, "Everything is as azureml.yml says.")


def _lines(stages: Iterable[Stage]) -> Iterator[str]:
    for stage in stages:
        kind, name = subject(stage)
        mark, words = _words(stage)
        yield f"{mark} {kind} '{name}' {words}".rstrip()
        if isinstance(stage, Change):
            yield from (f"    {difference}" for difference in stage.differences)


def _words(stage: Stage) -> tuple[str, str]:
    if isinstance(stage, Add):
        details = ", ".join(f"{key} {value}" for key, value in stage.wanted.facts.details.items())
        return "+", f"is new: {details}{_at_first(stage.wanted)}"
    if isinstance(stage, Change):
        return "~", "changes:"
    if isinstance(stage, Switch):
        return "~", "is resumed" if stage.wanted.enabled else "is paused"
    if isinstance(stage, Remove):
        return "-", f"is removed: it {_why(stage)}"
    if isinstance(stage, Leave):
        others = listed(stage.existing.others)
        remedy = f"it stays, because others have deployed {others}" if others else _PRUNED
        return "?", f"{_why(stage)}; {remedy}"
    assert isinstance(stage, Keep)  # noqa: S101 - the last of the stages
    return "=", "is unchanged"


def _why(stage: Remove | Leave) -> str:
    is_older = stage.existing.kind == "deployment"
    return "is an older one" if is_older else "is not in azureml.yml any more"


def _at_first(wanted: Wanted) -> str:
    if not wanted.enabled:
        return "; not enabled"
    trigger = wanted.what.trigger if isinstance(wanted.what, Schedule) else None
    if isinstance(trigger, RecurrenceTrigger) and trigger.start_time is None:
        # docs/architecture/azureml-capabilities.md, section 1.
        return "; its first job starts at once, because it has no 'start'"
    return ""
