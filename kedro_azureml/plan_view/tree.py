"""The steps as a tree of lines for a terminal.

A step stands below the step that it needs last; what it needs besides is said in words. A step that
is alone below another stays at its indentation, so that a long chain fits the screen.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rich.text import Text

from kedro_azureml.formatting import count, listed
from kedro_azureml.plan_view.graph import Graph, GraphStep

# By the order of the computes; the colours of every terminal.
COLOURS = ("cyan", "magenta", "green", "yellow", "blue", "red")
_SHOWN = 2


@dataclass(frozen=True)
class Signs:
    """What the lines of the tree are drawn with."""

    then: str = "\u2193 "
    branch: str = "\u251c\u2500 "
    last: str = "\u2514\u2500 "
    bar: str = "\u2502  "
    gap: str = "   "


PLAIN = Signs("> ", "|- ", "`- ", "|  ", "   ")


def colour_of(compute: str, graph: Graph) -> str:
    """Return a compute's colour, which is the same in every picture of a job."""
    return COLOURS[graph.computes.index(compute) % len(COLOURS)]


def draw_tree(graph: Graph, signs: Signs | None = None) -> Iterator[Text]:
    """Return the lines of the tree."""
    signs = signs or Signs()
    levels = graph.levels()
    below: dict[str | None, list[str]] = {None: []}
    for step in graph.steps.values():
        above = max(step.needs, key=lambda name: levels[name]) if step.needs else None
        below.setdefault(above, []).append(step.name)
    # The last of the list is drawn first. What is below a step comes before what is beside it.
    todo = [(name, "", "", None) for name in reversed(below[None])]
    pending: list[tuple[str, str, str, str | None]] = list(todo)
    while pending:
        name, prefix, sign, above = pending.pop()
        step = graph.steps[name]
        yield _line(step, prefix + sign, above, graph)
        inner = prefix + {signs.branch: signs.bar, signs.last: signs.gap}.get(sign, "")
        children = below.get(name, [])
        if len(children) == 1:
            pending.append((children[0], inner, signs.then, name))
            continue
        for number, child in reversed(list(enumerate(children))):
            own = signs.last if number == len(children) - 1 else signs.branch
            pending.append((child, inner, own, name))


def _line(step: GraphStep, prefix: str, above: str | None, graph: Graph) -> Text:
    others = [name for name in step.needs if name != above]
    colour = colour_of(step.compute, graph)
    line = Text.assemble((prefix, "dim"), (step.name, f"bold {colour}"))
    if len(step.nodes) > 1:
        line.append(f" ({count(len(step.nodes), 'node')})")
    line.append(f"  {step.compute}", colour)
    if step.processes:
        line.append(f", {step.processes}", colour)
    if others:
        line.append(f"  also after {listed(others, _SHOWN, quoted=False)}", "dim")
    return line
