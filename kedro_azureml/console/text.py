"""Text from elsewhere, made safe for a terminal: no name, message or log line can drive it."""

from __future__ import annotations

import os
import re

import click

from kedro_azureml.formatting import one_line

# What a program that thinks it writes to a terminal uses for colours, the cursor and the title.
_TERMINAL_SEQUENCE = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])"
)
_PLAIN_WIDTH = 80
_NARROWEST = 20


def plain_width() -> int:
    """Return how wide text is elsewhere than on a terminal: the variable COLUMNS, or 80."""
    columns = os.environ.get("COLUMNS", "")
    return max(_NARROWEST, int(columns)) if columns.isdecimal() else _PLAIN_WIDTH


def log_line(line: str) -> str:
    """Return a line of a log as it looked to the program that wrote it, without its colours."""
    text = _TERMINAL_SEQUENCE.sub("", line.rstrip("\r").rpartition("\r")[2])
    return one_line(text.expandtabs())


def echo(line: str = "", *, err: bool = False) -> None:
    """Print one line, which may hold names that a service or a project chose."""
    click.echo(one_line(line), err=err)


def echo_log(text: str) -> None:
    """Print a log line by line, as it looked to the program that wrote it, without its colours."""
    for line in text.removesuffix("\n").split("\n"):
        click.echo(log_line(line))
