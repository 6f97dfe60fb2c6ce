"""A deployment's plan, as ``deploy`` shows it before it is carried out."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TextIO

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
from kedro_azureml.formatting import count


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
        off = "" if stage.wanted.enabled else "; not enabled"
        return "+", f"is new: {details}{off}"
    if isinstance(stage, Change):
        return "~", "changes:"
    if isinstance(stage, Switch):
        return "~", "is resumed" if stage.wanted.enabled else "is paused"
    if isinstance(stage, Remove):
        return "-", "is removed: azureml.yml has it no more"
    if isinstance(stage, Leave):
        return "?", "is not in azureml.yml any more; --prune removes it"
    assert isinstance(stage, Keep)  # noqa: S101 - the last of the stages
    return "=", "is unchanged"
