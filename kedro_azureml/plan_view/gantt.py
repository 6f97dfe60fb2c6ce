"""When each step of a rehearsal ran, as a chart of bars."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape

from kedro_azureml.formatting import duration
from kedro_azureml.plan_view.graph import Graph
from kedro_azureml.plan_view.html_text import text_of
from kedro_azureml.plan_view.times import Times

_NAMES, _BARS, _ENDS, _ROW, _TOP = 220, 760, 120, 22, 24
_MOST_TICKS = 8
_LONGEST = 30


def draw_gantt(graph: Graph, times: Times, colours: Mapping[str, str]) -> str:
    """Return the chart's section of the page; steps that never ran have a name and no bar."""
    height = _TOP + _ROW * len(graph.steps) + 6
    width = _NAMES + _BARS + _ENDS
    content = "\n".join([*_ticks(times.seconds, height), *_rows(graph, times, colours)])
    return (
        f'<section id="times">\n<h2>Rehearsal {text_of(times.run)}: {text_of(times.status)} in '
        f"{duration(times.seconds, 1)}</h2>\n"
        f'<svg id="gantt" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="Times of the steps">\n{content}\n</svg>\n</section>'
    )


def _rows(graph: Graph, times: Times, colours: Mapping[str, str]) -> Iterator[str]:
    order = sorted(
        graph.steps,
        key=lambda name: times.steps[name].started if name in times.steps else float("inf"),
    )
    per_second = _BARS / max(times.seconds, 0.001)
    for row, name in enumerate(order):
        y = _TOP + row * _ROW
        shown = name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}\u2026"
        yield f'<text x="0" y="{y + 15}">{text_of(shown)}</text>'
        time = times.steps.get(name)
        if time is None:
            yield f'<text class="small" x="{_NAMES}" y="{y + 15}">not run</text>'
            continue
        x = _NAMES + time.started * per_second
        wide = max(time.seconds * per_second, 2)
        opacity = 1 if time.status == "Completed" else 0.45
        label = duration(time.seconds, 1)
        if time.status != "Completed":
            label = f"{label} {time.status}"
        colour = colours[graph.steps[name].compute]
        yield (
            f'<rect class="bar" data-step="{escape(name)}" x="{x:.1f}" y="{y + 3}" '
            f'width="{wide:.1f}" height="{_ROW - 7}" rx="3" fill="{colour}" '
            f'fill-opacity="{opacity}"><title>{text_of(name)}: {text_of(label)}</title></rect>'
        )
        yield f'<text class="small" x="{x + wide + 6:.1f}" y="{y + 15}">{text_of(label)}</text>'


def _ticks(seconds: float, height: int) -> Iterator[str]:
    apart = _apart(seconds)
    for number in range(int(seconds / apart) + 1):
        x = _NAMES + number * apart * _BARS / max(seconds, 0.001)
        yield f'<line class="axis" x1="{x:.1f}" y1="{_TOP - 6}" x2="{x:.1f}" y2="{height}"/>'
        digits = 0 if apart >= 1 else 1
        label = duration(number * apart, digits)
        yield f'<text class="small" x="{x:.1f}" y="12" text-anchor="middle">{label}</text>'


def _apart(seconds: float) -> float:
    """Return the seconds between two ticks: 1, 2 or 5 times a power of ten."""
    power = 0.1
    while True:
        for factor in (1, 2, 5):
            if seconds / (factor * power) <= _MOST_TICKS:
                return factor * power
        power *= 10
