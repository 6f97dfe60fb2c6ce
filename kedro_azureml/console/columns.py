"""Rows and facts in columns, as lists and descriptions of the workspace are printed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Console

from kedro_azureml.console.terminal import say
from kedro_azureml.formatting import one_line


def print_rows(console: Console, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a line for each row below a header, however long its cells."""
    cells = [tuple(map(one_line, row)) for row in (header, *rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        padded = (f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True))
        say(console, "  ".join(padded).rstrip())


def print_facts(console: Console, facts: Mapping[str, str]) -> None:
    """Print a line for each fact: what it is, and what is known."""
    width = max(map(len, facts), default=0)
    for label, value in facts.items():
        say(console, f"  {label:<{width}}  {value}".rstrip())
