"""Words, colours and lines that every part of the display shares."""

from __future__ import annotations

from pathlib import Path
from typing import TextIO

from rich.console import Console
from rich.text import Text

from kedro_azureml.rehearsal.report import Status, StepReport
from kedro_azureml.wording import duration

_PLAIN_WIDTH = 80
STYLES: dict[Status, str] = {
    "NotStarted": "dim",
    "Running": "cyan",
    "CancelRequested": "yellow",
    "Completed": "green",
    "Failed": "bold red",
    "Canceled": "yellow",
}


def make_console(output: TextIO) -> Console:
    """A console that takes every text as it is, 80 columns wide unless it is a terminal."""
    return Console(
        file=output,
        highlight=False,
        markup=False,
        emoji=False,
        width=None if output.isatty() else _PLAIN_WIDTH,
    )


def say(console: Console, line: str | Text) -> None:
    """Print one line, never broken, with a question mark for what the terminal cannot show."""
    text = line if isinstance(line, Text) else Text(line)
    encoding = getattr(console.file, "encoding", None) or "utf-8"
    text.plain = text.plain.encode(encoding, "replace").decode(encoding)
    console.print(text, soft_wrap=True)


def seconds_of(step: StepReport) -> str:
    """How long a step took, for people."""
    return "" if step.seconds is None else duration(step.seconds, digits=1)


def shown(path: Path) -> str:
    """The path as the user would type it here."""
    here = Path.cwd()
    return path.relative_to(here).as_posix() if path.is_relative_to(here) else str(path)
