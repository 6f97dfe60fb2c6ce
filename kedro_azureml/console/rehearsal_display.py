"""How a running rehearsal looks: a live table on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import datetime
from types import TracebackType
from typing import Protocol, TextIO

from rich.console import Console
from rich.table import Table

from kedro_azureml.console.terminal import live, make_console, say, steps_table
from kedro_azureml.formatting import duration, shown
from kedro_azureml.rehearsal.report import RunReport, StepReport


class Renderer(Protocol):
    """A `kedro_azureml.rehearsal.progress.Progress` that is entered while the rehearsal runs."""

    def __enter__(self) -> Renderer:
        """Begin to show."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Show no more."""

    def started(self, report: RunReport) -> None:
        """The rehearsal begins."""

    def step_changed(self, step: StepReport) -> None:
        """A step has a new status."""

    def notice(self, message: str) -> None:
        """Something worth a line."""

    def ended(self, report: RunReport) -> None:
        """The rehearsal is over."""


def make_renderer(max_parallel: int, stream: TextIO | None = None) -> Renderer:
    """A live table if the stream is a terminal, else plain lines."""
    output = stream or sys.stdout
    console = make_console(output)
    live = output.isatty()
    return LiveTable(console, max_parallel) if live else PlainLines(console, max_parallel)


class PlainLines:
    """A line for each change."""

    def __init__(self, console: Console, max_parallel: int) -> None:
        """Nothing is shown yet."""
        self._console = console
        self._max_parallel = max_parallel
        self._width = 0

    def __enter__(self) -> PlainLines:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        return None

    def started(self, report: RunReport) -> None:
        """Say what runs and where."""
        self._width = min(max(map(len, report.steps)), 48)
        for line in _heading(report, self._max_parallel):
            self._say(line)

    def step_changed(self, step: StepReport) -> None:
        """One line: time, step, status."""
        moment = datetime.now().strftime("%H:%M:%S")
        self._say(f"{moment} {step.name:<{self._width}} {_status(step)}")

    def notice(self, message: str) -> None:
        """One line."""
        self._say(message)

    def ended(self, report: RunReport) -> None:
        """The summary follows."""

    def _say(self, line: str) -> None:
        say(self._console, line)


class LiveTable(PlainLines):
    """A table that is drawn again and again."""

    def __init__(self, console: Console, max_parallel: int) -> None:
        """Nothing is shown yet."""
        super().__init__(console, max_parallel)
        self._report: RunReport | None = None
        self._live = live(console, self._table)

    def started(self, report: RunReport) -> None:
        """Say what runs and where, and begin to draw."""
        super().started(report)
        self._report = report
        self._live.start()

    def step_changed(self, step: StepReport) -> None:
        """The table shows it the next time it is drawn."""

    def ended(self, report: RunReport) -> None:
        """Take the table away: the summary has it all."""
        self._live.stop()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._live.stop()

    def _table(self) -> Table:
        if self._report is None:
            return steps_table([])
        steps = list(self._report.steps.values())
        room = max(3, self._console.height - 4)
        shown = steps if len(steps) <= room else _most_telling(steps, room)
        done = self._report.count("Completed")
        return steps_table(
            [(step.name, step.status, seconds_of(step)) for step in shown],
            f"{done} of {len(steps)} steps completed" if len(shown) < len(steps) else "",
        )


def seconds_of(step: StepReport) -> str:
    """How long a step took, for people."""
    return "" if step.seconds is None else duration(step.seconds, digits=1)


def _heading(report: RunReport, max_parallel: int) -> Iterator[str]:
    count = len(report.steps)
    steps = "1 step" if count == 1 else f"{count} steps, up to {min(max_parallel, count)} at once"
    yield f"Rehearsing {report.pipeline}: {steps}"
    yield f"Run folder: {shown(report.folder)}"


def _status(step: StepReport) -> str:
    took = seconds_of(step)
    if step.status == "Completed":
        return f"Completed in {took}"
    if step.status in ("Failed", "Canceled"):
        return f"{step.status} after {took}: {step.reason or ''}".rstrip(": ")
    return step.status


def _most_telling(steps: list[StepReport], room: int) -> list[StepReport]:
    """The steps for which there is room: what failed and runs, then what ended last or is next."""
    rank = {"Failed": 0, "Running": 1, "CancelRequested": 1, "Canceled": 2, "NotStarted": 3}
    ended = sorted((s for s in steps if s.ended), key=lambda s: str(s.ended), reverse=True)
    recent = {s.name: number for number, s in enumerate(ended)}
    best = sorted(steps, key=lambda s: (rank.get(s.status, 3), recent.get(s.name, 0)))[: room - 1]
    chosen = {step.name for step in best}
    return [step for step in steps if step.name in chosen]
