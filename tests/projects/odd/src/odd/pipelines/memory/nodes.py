from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass
class Point:
    """A class of the project."""

    x: int
    y: int


def make_objects() -> tuple[Any, ...]:
    """Things that a plain pickle does not take are among them."""

    class Local:
        value = 5

    return Point(1, 2), lambda x: x * 3, Local(), {"a": {1, 2}}, [None], "nobody reads this"


def use_objects(
    point: Point,
    function: Callable[[int], int],
    local: Any,
    declared: dict[str, set[int]],
    assigned: list[None],
    preset: dict[str, Any],
    point_again: Point,
) -> dict[str, Any]:
    """Show that they are what they were."""
    return {
        "point": [point.x, point.y],
        "is_point": isinstance(point, Point) and isinstance(point_again, Point),
        "function": function(7),
        "local": local.value,
        "declared": sorted(declared["a"]),
        "assigned": assigned,
        "preset": [Path(preset["filepath"]).name, preset["number"]],
    }
