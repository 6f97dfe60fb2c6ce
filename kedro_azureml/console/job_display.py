"""How a watched job looks: a live table on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
from datetime import datetime
from types import TracebackType
from typing import Protocol, TextIO

from rich.console import Console
from rich.table import Table

from kedro_azureml.azure.jobs.lookup import ENDED, JobView, StepView
from kedro_azureml.console.terminal import live, make_console, say, steps_table
from kedro_azureml.formatting import count, duration

_LONGEST_NAME = 48
# What a table with little room shows first.
_RANK = {"Failed": 0, "NotResponding": 0, "Running": 1, "Finalizing": 1, "CancelRequested": 1}
_RANK |= {"Preparing": 2, "Queued": 2, "Starting": 2, "Canceled": 3, "Completed": 4}
_LAST_RANK = 5


class Display(Protocol):
    """A `kedro_azureml.azure.jobs.watch.Watcher` that is entered while the job is watched."""

    def __enter__(self) -> Display:
        """Begin to show."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Show no more."""

    def began(self, job: JobView) -> None:
        """Watching begins."""

    def step_changed(self, step: StepView) -> None:
        """A step has another status."""

    def polled(self, job: JobView) -> None:
        """Everything as it is now."""

    def logged(self, step: StepView, text: str) -> None:
        """A step printed something."""

    def notice(self, message: str) -> None:
        """Something worth a line."""


def make_display(stream: TextIO | None = None) -> Display:
    """A live table if the stream, the standard output by default, is a terminal."""
    output = stream or sys.stdout
    return LiveTable(make_console(output)) if output.isatty() else PlainLines(make_console(output))


class PlainLines:
    """A line for each change."""

    def __init__(self, console: Console) -> None:
        """Nothing is shown yet."""
        self._console = console
        self._width = 0
        self._of = 0
        self._over: set[str] = set()

    def __enter__(self) -> PlainLines:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        return None

    def began(self, job: JobView) -> None:
        """Say what is waited for, and which steps are past their beginning."""
        self._width = min(max(map(len, job.steps), default=0), _LONGEST_NAME)
        self._of = len(job.steps)
        self._over = {step.name for step in job.steps.values() if step.status in ENDED}
        self.notice(f"Watching {job.name}: {count(self._of, 'step')}")
        for step in job.steps.values():
            if step.status != "NotStarted":
                self.step_changed(step)

    def step_changed(self, step: StepView) -> None:
        """One line: time, how many steps are over, step, status."""
        if step.status in ENDED:
            self._over.add(step.name)
        moment = datetime.now().strftime("%H:%M:%S")
        done = f"[{len(self._over)}/{self._of}]"
        self.notice(f"{moment} {done} {step.name:<{self._width}} {told(step)}")

    def polled(self, job: JobView) -> None:
        """Changes are told one by one."""

    def logged(self, step: StepView, text: str) -> None:
        """Each line behind the step's name."""
        for line in text.splitlines():
            self.notice(f"{step.name} | {line}")

    def notice(self, message: str) -> None:
        """One line."""
        say(self._console, message)


class LiveTable(PlainLines):
    """A table that is drawn again and again."""

    def __init__(self, console: Console) -> None:
        """Nothing is shown yet."""
        super().__init__(console)
        self._job: JobView | None = None
        self._live = live(console, self._table)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._live.stop()

    def began(self, job: JobView) -> None:
        """Begin to draw."""
        self._job = job
        self._live.start()

    def step_changed(self, step: StepView) -> None:
        """The table shows it the next time it is drawn."""

    def polled(self, job: JobView) -> None:
        """Draw this from now on."""
        self._job = job

    def _table(self) -> Table:
        if self._job is None:
            return steps_table([])
        steps = list(self._job.steps.values())
        room = max(3, self._console.height - 4)
        shown = steps if len(steps) <= room else _most_telling(steps, room - 1)
        done = sum(step.status == "Completed" for step in steps)
        return steps_table(
            [(step.name, step.status, seconds_of(step)) for step in shown],
            f"{done} of {len(steps)} steps completed",
        )


def told(step: StepView) -> str:
    """A step's status, and how long it ran if it is over."""
    if step.status in ENDED and step.seconds is not None:
        preposition = "in" if step.status == "Completed" else "after"
        return f"{step.status} {preposition} {duration(step.seconds)}"
    return step.status


def seconds_of(step: StepView) -> str:
    """How long a step ran, or nothing."""
    return "" if step.seconds is None else duration(step.seconds)


def _most_telling(steps: list[StepView], room: int) -> list[StepView]:
    best = sorted(steps, key=lambda step: _RANK.get(step.status, _LAST_RANK))[:room]
    chosen = {step.name for step in best}
    return [step for step in steps if step.name in chosen]
