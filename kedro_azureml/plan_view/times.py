"""How long the steps took in the newest rehearsal of the same steps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from kedro_azureml.job.run.run_json import ReportJson
from kedro_azureml.rehearsal.report import read_report
from kedro_azureml.rehearsal.workspace.run_folders import homes_of, past_runs


@dataclass(frozen=True)
class StepTime:
    """One step: seconds from the rehearsal's start to its start and to its end."""

    status: str
    started: float
    ended: float

    @property
    def seconds(self) -> float:
        """Return how long it took."""
        return self.ended - self.started


@dataclass(frozen=True)
class Times:
    """A rehearsal: its name, how it ended, and each step that has begun and ended."""

    run: str
    status: str
    seconds: float
    steps: Mapping[str, StepTime]


def newest_times(project: Path, steps: Iterable[str]) -> Times | None:
    """Return the times of a rehearsal of exactly these steps, or None if there is none.

    It is the newest that completed; if none did, the newest that is over.
    """
    names = set(steps)
    folders = [run.folder for home in homes_of(project) for run in past_runs(home)]
    newest: Times | None = None
    for folder in sorted(folders, key=lambda folder: folder.name, reverse=True):
        report = read_report(folder)
        if report is None or set(report.steps) != names or not report.started or not report.ended:
            continue
        if report.status == "Completed":
            return _times(folder.name, report, report.started, report.ended)
        newest = newest or _times(folder.name, report, report.started, report.ended)
    return newest


def _times(run: str, report: ReportJson, begin: datetime, end: datetime) -> Times:
    def since(moment: datetime) -> float:
        return (moment - begin).total_seconds()

    steps = {
        name: StepTime(step.status, since(step.started), since(step.ended))
        for name, step in report.steps.items()
        if step.started and step.ended
    }
    return Times(run, report.status, since(end), steps)
