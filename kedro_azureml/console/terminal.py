"""What is printed with Rich, on a terminal and elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import TextIO

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from kedro_azureml.console.text import plain_width
from kedro_azureml.formatting import one_line

_REFRESHES_A_SECOND = 4


def make_console(output: TextIO) -> Console:
    """Return a console that takes every text as it is; off a terminal it has `plain_width`."""
    return Console(
        file=output,
        highlight=False,
        markup=False,
        emoji=False,
        width=None if output.isatty() else plain_width(),
    )


def say(console: Console, line: str | Text) -> None:
    """Print one line, never broken, with a question mark for what the terminal cannot show."""
    text = line if isinstance(line, Text) else Text(line)
    encoding = getattr(console.file, "encoding", None) or "utf-8"
    text.plain = one_line(text.plain).encode(encoding, "replace").decode(encoding)
    console.print(text, soft_wrap=True)


def live(console: Console, draw: Callable[[], Table]) -> Live:
    """Return a table that is drawn again and again, and removed at the end."""
    return Live(
        console=console,
        get_renderable=draw,
        refresh_per_second=_REFRESHES_A_SECOND,
        transient=True,
        vertical_overflow="crop",
        # Rich would take the standard streams and later put back what it found there: perhaps
        # somebody's replacement that is over by then (`azure.quiet`), and all else would be lost.
        redirect_stdout=False,
        redirect_stderr=False,
    )


def spinning(console: Console, spinner: Spinner) -> Live:
    """Return a spinner with a text behind it, which is removed at the end."""
    return Live(
        spinner,
        console=console,
        refresh_per_second=10,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )
