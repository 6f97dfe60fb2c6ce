"""The picture of a sweep: points where one parameter has numbers, else parallel coordinates."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import islice
from typing import Any

from kedro_azureml.formatting import printable
from kedro_azureml.job.sweep import SweepRow, Table
from kedro_azureml.sweep_view.cells import cell, number

_WIDTH, _HEIGHT, _TOP, _SIDE = 1000.0, 320.0, 46.0, 70.0
_LONGEST = 18
_STYLE = (
    "text { fill: currentColor; font: 12px system-ui, sans-serif; } "
    ".axis { stroke: currentColor; stroke-opacity: .5; } "
    ".run { fill: none; stroke-width: 2; stroke-opacity: .75; } "
    ".run:hover { stroke-width: 4; stroke-opacity: 1; }"
)
# More axes than these cannot be told apart.
_MOST_AXES = 12
# The difference of two numbers below it is a number, too.
_HUGE = 1e300


@dataclass(frozen=True)
class _Axis:
    """One quantity: its name, its value of each combination, and where these lie from 0 to 1."""

    name: str
    values: Sequence[Any]
    place: Callable[[Any], float]
    ticks: Sequence[tuple[str, float]]


def draw(table: Table) -> str:
    """Return the picture as SVG; nothing where no combination has measured anything."""
    rows = [row for row in table.rows if row.metrics]
    metrics = [
        _axis(name, [_drawn(row.metrics.get(name)) for row in rows])
        for name in table.metrics[:_MOST_AXES]
    ]
    parameters = [
        _axis(name, [row.values[position] for row in rows])
        for position, name in enumerate(table.parameters)
    ]
    if not rows or not metrics:
        return ""
    if len(parameters) == 1 and all(map(_is_number, parameters[0].values)):
        return "".join(_points(parameters[0], metric, rows) for metric in metrics)
    return _lines([*parameters, *metrics], metrics[0], rows)


def _axis(name: str, values: Sequence[Any]) -> _Axis:
    known = [value for value in values if value is not None]
    if known and all(map(_is_number, known)):
        low, high = min(known), max(known)
        spread = (high - low) or 1.0
        ticks = [(number(low), 0.0), (number(high), 1.0)] if high > low else [(number(low), 0.5)]
        return _Axis(
            name, values, lambda value: (value - low) / spread if high > low else 0.5, ticks
        )
    texts = list(dict.fromkeys(cell(value) for value in values))
    last = max(1, len(texts) - 1)
    places = {text: place / last for place, text in enumerate(texts)}
    return _Axis(name, values, lambda value: places[cell(value)], list(places.items()))


def _drawn(value: float | None) -> float | None:
    """Return a metric that has a place on an axis; NaN and infinity have none."""
    return value if _is_number(value) else None


def _lines(axes: Sequence[_Axis], coloured: _Axis, rows: Sequence[SweepRow]) -> str:
    """Draw a line for each combination through all axes, coloured by the first metric."""
    gap = (_WIDTH - 2 * _SIDE) / (len(axes) - 1)
    parts = [part for n, axis in enumerate(axes) for part in _upright(axis, _SIDE + n * gap)]
    for position, row in enumerate(rows):
        points = [
            f"{_SIDE + n * gap:.1f},{_y(axis.place(axis.values[position])):.1f}"
            for n, axis in enumerate(axes)
            if axis.values[position] is not None or n < len(row.values)
        ]
        parts.append(
            f'<polyline class="run" stroke="{_colour(coloured, position)}" '
            f'points="{" ".join(points)}">{_title(row)}</polyline>'
        )
    return _svg(parts)


def _points(parameter: _Axis, metric: _Axis, rows: Sequence[SweepRow]) -> str:
    """Draw a point for each combination: the parameter across, the metric upwards."""
    right = _WIDTH - _SIDE
    parts = list(_upright(metric, _SIDE))
    parts.append(f'<line class="axis" x1="{_SIDE}" y1="{_y(0)}" x2="{right}" y2="{_y(0)}"/>')
    parts.append(_label(parameter.name, _WIDTH / 2, _HEIGHT - 4))
    for text, place in parameter.ticks:
        parts.append(_label(text, _across(place), _y(0) + 16))
    for position, row in enumerate(rows):
        if metric.values[position] is None:
            continue
        x = _across(parameter.place(parameter.values[position]))
        y = _y(metric.place(metric.values[position]))
        parts.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{_colour(metric, position)}">'
            f"{_title(row)}</circle>"
        )
    return _svg(parts)


def _upright(axis: _Axis, x: float) -> Iterator[str]:
    yield f'<line class="axis" x1="{x:.1f}" y1="{_y(0)}" x2="{x:.1f}" y2="{_y(1)}"/>'
    yield _label(axis.name, x, _TOP - 22)
    for text, place in axis.ticks:
        yield _label(text, x, _y(place) + (16 if place == 0 else -6))


def _across(place: float) -> float:
    return _SIDE + 40 + place * (_WIDTH - 2 * _SIDE - 80)


def _y(place: float) -> float:
    return _HEIGHT - 36 - place * (_HEIGHT - 36 - _TOP)


def _colour(axis: _Axis, position: int) -> str:
    """Return a colour from blue to orange, which most eyes tell apart; grey without a value."""
    value = axis.values[position]
    if value is None:
        return "#888888"
    share = axis.place(value)
    red, green, blue = (
        round(low + share * (high - low)) for low, high in ((0, 213), (114, 94), (178, 0))
    )
    return f"#{red:02x}{green:02x}{blue:02x}"


def _label(text: str, x: float, y: float) -> str:
    shown = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="middle">{_text(shown)}</text>'


def _title(row: SweepRow) -> str:
    shown = islice(row.metrics.items(), _MOST_AXES)
    metrics = ", ".join(f"{name} {number(value)}" for name, value in shown)
    return f"<title>{_text(f'{row.label}: {metrics}')}</title>"


def _svg(parts: Sequence[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH:g} {_HEIGHT:g}" role="img" '
        f'aria-label="What each combination measured"><style>{_STYLE}</style>{"".join(parts)}</svg>'
    )


def _text(text: str) -> str:
    return escape(printable(text))


def _is_number(value: Any) -> bool:
    """Tell whether a value has a place on an axis of numbers."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _HUGE
