"""The results of a sweep as a table."""

from __future__ import annotations

import sys
from typing import TextIO

from kedro_azureml.console.columns import print_rows
from kedro_azureml.console.terminal import make_console, say
from kedro_azureml.formatting import and_more, count, duration
from kedro_azureml.job.sweep import Table
from kedro_azureml.sweep_view.cells import cell, number

_ROWS_SHOWN = 50
_LONGEST = 40


def print_sweep(table: Table, stream: TextIO | None = None) -> None:
    """Print a row for each combination: its values, what it measured, how long it took.

    Args:
        table: The results.
        stream: Where to print, the standard output by default.
    """
    console = make_console(stream or sys.stdout)
    metrics = table.metrics
    header = [*table.parameters, *metrics, "took", "status"]
    rows = [
        [
            *(_short(cell(value)) for value in row.values),
            *(number(row.metrics[name]) if name in row.metrics else "-" for name in metrics),
            duration(row.seconds, 1) if row.seconds else "-",
            row.status,
        ]
        for row in table.rows[:_ROWS_SHOWN]
    ]
    say(console, "")
    print_rows(console, header, rows)
    if len(table.rows) > _ROWS_SHOWN:
        say(console, and_more(len(table.rows) - _ROWS_SHOWN))
    failed = len(table.failed)
    done = count(len(table.rows) - failed, "combination")
    say(console, f"{done} completed" + (f", {failed} did not." if failed else "."))


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}\u2026"
