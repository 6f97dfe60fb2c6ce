"""The picture as one HTML file that needs nothing else and fetches nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from importlib.resources import files
from typing import Any

from kedro_azureml.compiler import Compilation
from kedro_azureml.diagnostics import Diagnostic
from kedro_azureml.formatting import count, duration, printable
from kedro_azureml.plan_view.facts import facts
from kedro_azureml.plan_view.gantt import draw_gantt
from kedro_azureml.plan_view.graph import Graph, GraphStep
from kedro_azureml.plan_view.html_text import text_of
from kedro_azureml.plan_view.layout import HEIGHT, WIDTH, Layout, Line, lay_out
from kedro_azureml.plan_view.times import Times

# To tell apart on white and on black paper, by most eyes (Okabe and Ito).
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c6bb1", "#7f7f7f")
_LONGEST, _LONGEST_BELOW = 26, 34
_MARK = re.compile(r"\{\{(\w+)\}\}")


def render_page(compilation: Compilation, graph: Graph, times: Times | None = None) -> str:
    """Return the page's text.

    Args:
        compilation: The job, for its sizes and diagnostics.
        graph: Its steps.
        times: A rehearsal of them, for the chart of their times.
    """
    layout = lay_out(graph)
    colours = {c: COLOURS[n % len(COLOURS)] for n, c in enumerate(graph.computes)}
    parts = {
        "title": text_of(graph.name),
        "facts": "\n".join(f"<p>{text_of(fact)}</p>" for fact in facts(compilation, graph)),
        "legend": "".join(_legend(graph, colours)),
        "lines": "\n".join(map(_line, layout.lines)),
        "steps": "\n".join(_steps(graph, layout, colours, times)),
        "gantt": draw_gantt(graph, times, colours) if times else "",
        "diagnostics": _diagnostics(compilation.diagnostics),
        "data": _json(_data(graph, layout, times)),
    }
    template = files("kedro_azureml.plan_view").joinpath("page.html").read_text(encoding="utf-8")
    return _MARK.sub(lambda match: parts[match.group(1)], template)


def _legend(graph: Graph, colours: Mapping[str, str]) -> Iterator[str]:
    for compute, colour in colours.items():
        number = sum(step.compute == compute for step in graph.steps.values())
        swatch = f'<span class="swatch" style="background:{colour}"></span>'
        yield f"{swatch}{text_of(compute)} ({number})"


def _line(line: Line) -> str:
    (x, y), *rest = line.points
    path = [f"M{x:g} {y:g}"]
    for number, (to_x, to_y) in enumerate(rest):
        if number % 2 == 0:
            half = (x + to_x) / 2
            path.append(f"C{half:g} {y:g} {half:g} {to_y:g} {to_x:g} {to_y:g}")
        else:
            path.append(f"L{to_x:g} {to_y:g}")
        x, y = to_x, to_y
    return (
        f'<path class="line" data-from="{escape(line.source)}" data-to="{escape(line.target)}" '
        f'd="{"".join(path)}"/>'
    )


def _steps(
    graph: Graph, layout: Layout, colours: Mapping[str, str], times: Times | None
) -> Iterator[str]:
    for name, (x, y) in layout.places.items():
        step = graph.steps[name]
        small = [step.compute]
        if len(step.nodes) > 1:
            small.insert(0, count(len(step.nodes), "node"))
        if step.processes:
            small.append(step.processes)
        if times and name in times.steps:
            small.append(duration(times.steps[name].seconds, 1))
        below = text_of(_short(" \u00b7 ".join(small), _LONGEST_BELOW))
        yield (
            f'<g class="step" tabindex="0" role="button" data-step="{escape(name)}" '
            f'transform="translate({x:g} {y:g})"><title>{text_of(name)}</title>'
            f'<rect width="{WIDTH}" height="{HEIGHT}" rx="7" stroke="{colours[step.compute]}"/>'
            f'<text x="12" y="20">{text_of(_short(name))}</text>'
            f'<text class="small" x="12" y="36">{below}</text>'
            "</g>"
        )


def _data(graph: Graph, layout: Layout, times: Times | None) -> dict[str, Any]:
    return {
        "width": layout.width,
        "height": layout.height,
        "steps": {
            name: {
                "needs": step.needs,
                "details": [
                    (title, list(map(printable, values))) for title, values in _details(step, times)
                ],
            }
            for name, step in graph.steps.items()
        },
    }


def _details(step: GraphStep, times: Times | None) -> Iterator[tuple[str, list[str]]]:
    yield "Nodes", list(step.nodes)
    yield "Compute", [step.compute]
    yield "Reads", list(step.inputs) or ["nothing"]
    yield "Writes", list(step.outputs) or ["nothing that leaves the step"]
    if step.needs:
        yield "After", list(step.needs)
    for name, value in step.settings.items():
        yield name.replace("_", " ").capitalize(), [value]
    if times and step.name in times.steps:
        time = times.steps[step.name]
        yield "In the rehearsal", [f"{time.status} in {duration(time.seconds, 1)}"]


def _diagnostics(found: Iterable[Diagnostic]) -> str:
    blocks = [
        f'<div class="finding {d.severity}"><b>{d.severity} {d.code}</b> '
        f'<span class="dim">{text_of(d.where or "")}</span>'
        f"<p>{text_of(d.message)}</p><p>{text_of(d.remedy)}</p></div>"
        for d in found
    ]
    return "\n".join(blocks) or '<p class="dim">None.</p>'


def _json(value: Any) -> str:
    """Return JSON that cannot end the HTML element that contains it."""
    return json.dumps(value, ensure_ascii=False).replace("<", "\\u003c")


def _short(text: str, longest: int = _LONGEST) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}\u2026"
