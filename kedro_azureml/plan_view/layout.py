"""Where the steps stand in the picture: columns by what must run before, few crossing lines.

The well-known layered drawing: a step's column is its level, a line that passes columns gets a
place in each of them, and every column is sorted by the mean place of its neighbours, to and fro.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from kedro_azureml.plan_view.graph import Graph

WIDTH, HEIGHT = 210, 46
_COLUMN, _ROW = 290, 66
# A place that a line passes needs less room than a step, but the grid is simpler to read.
_SWEEPS = 6
_MOST_PLACES = 20_000

Place = tuple[str, ...]  # (step,) or, where a line passes, (source, target, column)


@dataclass(frozen=True)
class Line:
    """The line from a step to one that needs it, by the points that it passes."""

    source: str
    target: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Layout:
    """Left upper corners of the steps, the lines, and the size of it all in pixels."""

    places: Mapping[str, tuple[float, float]]
    lines: tuple[Line, ...]
    width: float
    height: float


def lay_out(graph: Graph) -> Layout:
    """Place every step and line of a graph."""
    levels = graph.levels()
    columns: list[list[Place]] = [[] for _ in range(max(levels.values(), default=-1) + 1)]
    for name, level in levels.items():
        columns[level].append((name,))
    chains = _chains(graph, levels, columns)
    rows = _rows(columns, chains)
    tallest = max((len(column) for column in columns), default=0)
    at: dict[Place, tuple[float, float]] = {}
    for number, column in enumerate(columns):
        shift = (tallest - len(column)) * _ROW / 2
        for place in column:
            at[place] = (number * _COLUMN, rows[place] * _ROW + shift)
    lines = [
        Line(chain[0][0], chain[-1][0], tuple(_points([at[place] for place in chain])))
        for chain in chains
    ]
    return Layout(
        {name: at[(name,)] for name in levels},
        tuple(lines),
        max(len(columns) * _COLUMN - (_COLUMN - WIDTH), WIDTH),
        max(tallest * _ROW - (_ROW - HEIGHT), HEIGHT),
    )


def _chains(
    graph: Graph, levels: Mapping[str, int], columns: list[list[Place]]
) -> list[list[Place]]:
    """Return the places that each line joins, and add those in between to their columns."""
    chains: list[list[Place]] = []
    places = len(levels)
    for step in graph.steps.values():
        for source in step.needs:
            between: list[Place] = []
            span = range(levels[source] + 1, levels[step.name])
            if places + len(span) <= _MOST_PLACES:
                places += len(span)
                for column in span:
                    place = (source, step.name, str(column))
                    columns[column].append(place)
                    between.append(place)
            chains.append([(source,), *between, (step.name,)])
    return chains


def _rows(columns: list[list[Place]], chains: list[list[Place]]) -> dict[Place, int]:
    before: dict[Place, list[Place]] = {}
    after: dict[Place, list[Place]] = {}
    for chain in chains:
        for left, right in pairwise(chain):
            after.setdefault(left, []).append(right)
            before.setdefault(right, []).append(left)
    rows = {place: row for column in columns for row, place in enumerate(column)}
    for sweep in range(_SWEEPS):
        forth = sweep % 2 == 0
        neighbours = before if forth else after
        for column in columns if forth else reversed(columns):
            means = {
                place: sum(rows[n] for n in near) / len(near)
                if (near := neighbours.get(place))
                else float(rows[place])
                for place in column
            }
            column.sort(key=means.__getitem__)
            rows.update({place: row for row, place in enumerate(column)})
    return rows


def _points(corners: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return points from the right of the first place to the left of the last one."""
    (x, y), *between, (last_x, last_y) = corners
    middle = HEIGHT / 2
    points = [(x + WIDTH, y + middle)]
    for left, top in between:
        points += [(left, top + middle), (left + WIDTH, top + middle)]
    return [*points, (last_x, last_y + middle)]
