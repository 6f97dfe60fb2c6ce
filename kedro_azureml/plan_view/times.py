"""How long the steps took in the newest rehearsal of the same steps."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from kedro_azureml.rehearsal.report import REPORT_FILE
from kedro_azureml.rehearsal.workspace.run_folders import homes_of, past_runs


@dataclass(frozen=True)
class StepTime:
    """One step: seconds from the rehearsal's start to its start and to its end."""

    status: str
    started: float
    ended: float

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.ended - self.started


@dataclass(frozen=True)
class Times:
    """A rehearsal: its name, how it ended, and each step that has begun and ended."""

    run: str
    status: str
    seconds: float
    steps: Mapping[str, StepTime]


def newest_times(project: Path, steps: Iterable[str]) -> Times | None:
    """The newest rehearsal of exactly these steps that is over; None if there is none."""
    wanted = set(steps)
    runs = [run for home in homes_of(project) for run in past_runs(home)]
    for run in sorted(runs, key=lambda run: run.folder.name, reverse=True):
        try:
            data = json.loads((run.folder / REPORT_FILE).read_text(encoding="utf-8"))
            if set(data["steps"]) == wanted and data["ended"]:
                return _times(run.folder.name, data)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue
    return None


def _times(run: str, data: Mapping[str, Any]) -> Times:
    begin = datetime.fromisoformat(data["started"])

    def since(moment: str) -> float:
        return (datetime.fromisoformat(moment) - begin).total_seconds()

    steps = {
        name: StepTime(str(step["status"]), since(step["started"]), since(step["ended"]))
        for name, step in data["steps"].items()
        if step["started"] and step["ended"]
    }
    return Times(run, str(data["status"]), since(data["ended"]), steps)
