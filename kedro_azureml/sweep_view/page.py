"""The page of a sweep: its picture and its table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from importlib.resources import files

from kedro_azureml.formatting import count, duration, printable
from kedro_azureml.job.sweep import SweepRow, Table
from kedro_azureml.sweep_view.cells import cell, number
from kedro_azureml.sweep_view.picture import draw


def sweep_page(table: Table) -> str:
    """Return the page's text."""
    title = f"{count(len(table.rows), 'combination')} of {', '.join(table.parameters)}"
    template = files("kedro_azureml.sweep_view").joinpath("page.html").read_text(encoding="utf-8")
    head, middle, tail = template.split("{{}}")
    metrics = table.metrics
    rows = "\n".join(f"<tr{_mark(row)}>{''.join(_cells(row, metrics))}</tr>" for row in table.rows)
    names = [*table.parameters, *metrics, "seconds", "status"]
    header = "".join(f"<th>{_text(name)}</th>" for name in names)
    body = f"<h1>{_text(title)}</h1>{draw(table)}<table><tr>{header}</tr>\n{rows}</table>"
    return f"{head}{_text(title)}{middle}{body}{tail}"


def _cells(row: SweepRow, metrics: Sequence[str]) -> Iterator[str]:
    for value in row.values:
        yield f"<td>{_text(cell(value))}</td>"
    for name in metrics:
        yield f"<td>{number(row.metrics[name]) if name in row.metrics else ''}</td>"
    yield f"<td>{duration(row.seconds, 1) if row.seconds else ''}</td><td>{_text(row.status)}</td>"


def _mark(row: SweepRow) -> str:
    return ' class="failed"' if row.status != "Completed" else ""


def _text(text: str) -> str:
    return escape(printable(text))
