"""The table that ends `compile`: steps, compute, inputs and outputs."""

from __future__ import annotations

import posixpath
import sys
from collections.abc import Iterable, Sequence

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from kedro_azureml.compiler import Compilation, StepSummary
from kedro_azureml.console.findings import WIDTH
from kedro_azureml.console.text import one_line
from kedro_azureml.formatting import count, size

_MAX_ROWS = 40
_MAX_NAMES = 4
_MAX_NAME = 26


def print_summary(compilation: Compilation) -> None:
    """Print a row a step and what the job uploads."""
    console = Console(highlight=False, width=None if sys.stdout.isatty() else WIDTH)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("step", "compute", "inputs", "outputs"):
        table.add_column(title, overflow="fold")
    for step in compilation.steps[:_MAX_ROWS]:
        # A raw input is known by its file; its folder is in the document.
        inputs = [posixpath.basename(name) or name for name in step.record.reads]
        compute = Text("\n".join(filter(None, (step.compute, step.processes))))
        table.add_row(_named(step), compute, _listed(inputs), _listed(step.record.writes))
    with console.capture() as captured:
        console.print(table)
    _echo(captured.get().splitlines())
    hidden = len(compilation.steps) - _MAX_ROWS
    if hidden > 0:
        click.echo(f"... and {hidden} more steps")
    raw = count(len(compilation.raw_inputs), "raw input")
    files = count(compilation.snapshot_files, "file")
    click.echo(
        f"\n{_steps(compilation)}"
        f"{raw} ({size(sum(compilation.raw_inputs.values()))}), "
        f"code snapshot of {files} ({size(compilation.snapshot_bytes)}),\n"
        f"{count(len(compilation.diagnostics), 'warning')}."
    )


def _named(step: StepSummary) -> str:
    nodes = f" ({len(step.record.nodes)} nodes)" if len(step.record.nodes) > 1 else ""
    return f"{_short(step.name)}{nodes}"


def _steps(compilation: Compilation) -> str:
    """How many steps, and how many fewer than nodes."""
    steps = len(compilation.steps)
    nodes = sum(len(step.record.nodes) for step in compilation.steps)
    # With more to say, it has a line of its own.
    shared = f" for {nodes} nodes ({nodes - steps} saved)" if nodes > steps else ""
    return f"{count(steps, 'step')}{shared},{chr(10) if shared else ' '}"


def _echo(lines: Iterable[str]) -> None:
    for line in lines:
        click.echo(line.rstrip())


def _listed(names: Sequence[str]) -> Text:
    shown = [_short(name) for name in names[:_MAX_NAMES]]
    hidden = len(names) - len(shown)
    return Text("\n".join([*shown, f"and {hidden} more"] if hidden else shown) or "-")


def _short(name: str) -> str:
    text = one_line(name)
    return text if len(text) <= _MAX_NAME else f"{text[: _MAX_NAME - 1]}\u2026"
