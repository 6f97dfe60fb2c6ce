"""The order in which steps can run, and what keeps them from having one."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from contextlib import suppress
from graphlib import CycleError, TopologicalSorter
from heapq import heappop, heappush


def in_order(needs: Mapping[str, Iterable[str]]) -> tuple[list[str], list[str]]:
    """Sort names so that each comes after those that it needs.

    Names keep their own order as far as they can: ``{"c": ["a"], "a": [], "b": []}`` is sorted as
    ``a, c, b``.

    Args:
        needs: Each name and those that it needs; one that is no key is needed by nobody.

    Returns:
        The sorted names, and the names on or behind a cycle, which have no place among them.
    """
    names = list(needs)
    position = {name: number for number, name in enumerate(names)}
    sorter = TopologicalSorter(
        {name: [other for other in others if other in position] for name, others in needs.items()}
    )
    # After this error the sorter goes on with the names that no cycle keeps back.
    with suppress(CycleError):
        sorter.prepare()
    ready: list[int] = []
    order: list[str] = []
    while sorter.is_active():
        for name in sorter.get_ready():
            heappush(ready, position[name])
        order.append(names[heappop(ready)])
        sorter.done(order[-1])
    done = set(order)
    return order, [name for name in names if name not in done]


def shortest_cycle(needs: Mapping[str, Iterable[str]]) -> list[str]:
    """Return the shortest cycle, each name needing the one before it; empty if there is none."""
    cycles = (cycle for name in needs if (cycle := _cycle_through(name, needs)))
    return min(cycles, key=len, default=[])


def _cycle_through(start: str, needs: Mapping[str, Iterable[str]]) -> list[str] | None:
    """Return the shortest cycle that begins at a name, or None."""
    came_from: dict[str, str] = {}
    queue = deque([start])
    while queue:
        name = queue.popleft()
        for other in needs.get(name, ()):
            if other == start:
                cycle = [start]
                while name != start:
                    cycle.append(name)
                    name = came_from[name]
                return cycle
            if other not in came_from:
                came_from[other] = name
                queue.append(other)
    return None
