"""How a run looks while it goes on: a live table on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import datetime
from types import TracebackType
from typing import Protocol, TextIO

from rich.console import Console
from rich.table import Table

from kedro_azureml.console.run.table import live_table
from kedro_azureml.console.run.words import words_of
from kedro_azureml.console.terminal import live, make_console, say
from kedro_azureml.console.text import log_line
from kedro_azureml.formatting import count, one_line, shown
from kedro_azureml.job.run.model import ENDED, Run, RunStep
from kedro_azureml.job.run.progress import RunProgress

_LONGEST_NAME = 48
# Lines of a terminal that are no row of a step: the last one, and what is written above.
_OTHER_LINES = 5


class RunDisplay(RunProgress, Protocol):
    """An observer of a run that is entered while the run goes on."""

    def __enter__(self) -> RunDisplay:
        """Begin to show."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Show no more."""


def make_display(stream: TextIO | None = None, *, max_parallel: int | None = None) -> RunDisplay:
    """Return a live table if the stream is a terminal, else plain lines.

    Args:
        stream: Where to show the run, the standard output by default.
        max_parallel: How many steps run at once, if that is known.
    """
    output = stream or sys.stdout
    display = LiveTable if output.isatty() else PlainLines
    return display(make_console(output), max_parallel)


class PlainLines:
    """A line for each change."""

    def __init__(self, console: Console, max_parallel: int | None = None) -> None:
        """Prepare; nothing is shown before the run begins."""
        self._console = console
        self._max_parallel = max_parallel
        self._width = 0
        self._steps = 0
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

    def began(self, run: Run) -> None:
        """Say what runs and where, and which steps are past their beginning."""
        self._width = min(max(map(len, map(one_line, run.steps)), default=0), _LONGEST_NAME)
        self._steps = len(run.steps)
        self._over = {step.name for step in run.steps.values() if step.status in ENDED}
        for line in _heading(run, self._max_parallel):
            self.notice(line)
        for step in run.steps.values():
            if step.status != "NotStarted":
                self.step_changed(step)

    def step_changed(self, step: RunStep) -> None:
        """Print the time, how many steps have ended, the step, and what happened to it."""
        if step.status in ENDED:
            self._over.add(step.name)
        moment = datetime.now().strftime("%H:%M:%S")
        ended = f"[{len(self._over)}/{self._steps} ended]"
        self.notice(f"{moment} {ended} {one_line(step.name):<{self._width}} {words_of(step)}")

    def logged(self, step: RunStep, text: str) -> None:
        """Print each line behind the name of its step."""
        for line in text.rstrip("\n").split("\n"):
            self.notice(f"{step.name} | {log_line(line)}")

    def notice(self, message: str) -> None:
        """Print one line."""
        say(self._console, message)

    def ended(self, run: Run) -> None:
        """Print nothing: the summary follows."""


class LiveTable(PlainLines):
    """A table that is drawn again and again."""

    def __init__(self, console: Console, max_parallel: int | None = None) -> None:
        """Prepare; nothing is shown before the run begins."""
        super().__init__(console, max_parallel)
        self._run: Run | None = None
        self._live = live(console, self._table)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._live.stop()

    def began(self, run: Run) -> None:
        """Say what runs and where, and begin to draw."""
        for line in _heading(run, self._max_parallel):
            self.notice(line)
        self._run = run
        self._live.start()

    def step_changed(self, step: RunStep) -> None:
        """Do nothing: the table shows it the next time it is drawn."""

    def ended(self, run: Run) -> None:
        """Take the table away: the summary has it all."""
        self._live.stop()

    def _table(self) -> Table:
        room = max(3, self._console.height - _OTHER_LINES)
        return live_table(self._run, room) if self._run else Table(box=None)


def _heading(run: Run, max_parallel: int | None) -> Iterator[str]:
    steps = count(len(run.steps), "step")
    if max_parallel and len(run.steps) > 1:
        steps += f", up to {min(max_parallel, len(run.steps))} at once"
    if run.folder is None:
        yield f"Watching {run.name}: {steps}"
    else:
        yield f"Rehearsing {run.pipeline}: {steps}"
        yield f"Run folder: {shown(run.folder)}"
