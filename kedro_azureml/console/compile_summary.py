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
from kedro_azureml.console.results import results_of
from kedro_azureml.formatting import and_more, count, listed, one_line, size, steps_for_nodes

_MAX_ROWS = 40
_MAX_NAMES = 4
_MAX_NAME = 26
_ENDLESS = 100_000


def print_summary(compilation: Compilation) -> None:
    """Print a row a step and what the job uploads."""
    piped = not sys.stdout.isatty()
    # What is piped is read by programs and kept in logs: whole words, however long the line.
    console = Console(highlight=False, width=_ENDLESS if piped else None)
    longest = _ENDLESS if piped else _MAX_NAME
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("step", "compute", "inputs", "outputs"):
        table.add_column(title, overflow="fold")
    for step in compilation.steps[:_MAX_ROWS]:
        # A raw input is known by its file; its folder is in the document.
        inputs = [posixpath.basename(name) or name for name in step.record.reads]
        outputs = _listed(step.record.writes, longest)
        compute = Text("\n".join(filter(None, (step.compute, step.processes))))
        table.add_row(_named(step, longest), compute, _listed(inputs, longest), outputs)
    with console.capture() as captured:
        console.print(table)
    _echo(captured.get().splitlines())
    hidden = len(compilation.steps) - _MAX_ROWS
    if hidden > 0:
        click.echo(f"... {and_more(hidden, 'step')}")
    raw = count(len(compilation.raw_inputs), "raw input")
    files = count(compilation.snapshot_files, "file")
    click.echo(
        f"\n{_steps(compilation)}"
        f"{raw} ({size(sum(compilation.raw_inputs.values()))}), "
        f"code snapshot of {files} ({size(compilation.snapshot_bytes)}),\n"
        f"{count(len(compilation.diagnostics), 'warning')}."
    )
    if compilation.from_azure:
        click.echo(f"Read from Azure: {listed(compilation.from_azure, 8, quoted=False)}.")
    for line in results_of(compilation.job):
        click.echo(line)


def _named(step: StepSummary, longest: int) -> str:
    nodes = f" ({count(len(step.record.nodes), 'node')})" if len(step.record.nodes) > 1 else ""
    return f"{_short(step.name, longest)}{nodes}"


def _steps(compilation: Compilation) -> str:
    """Return the number of steps, on a line of its own if it has more to say."""
    nodes = len({name for step in compilation.steps for name in step.record.nodes})
    text = steps_for_nodes(len(compilation.steps), nodes)
    return f"{text},{chr(10) if nodes > len(compilation.steps) else ' '}"


def _echo(lines: Iterable[str]) -> None:
    for line in lines:
        click.echo(line.rstrip())


def _listed(names: Sequence[str], longest: int) -> Text:
    shown = [_short(name, longest) for name in names[:_MAX_NAMES]]
    hidden = len(names) - len(shown)
    return Text("\n".join([*shown, and_more(hidden)] if hidden else shown) or "-")


def _short(name: str, longest: int) -> str:
    text = one_line(name)
    return text if len(text) <= longest else f"{text[: longest - 1]}\u2026"
