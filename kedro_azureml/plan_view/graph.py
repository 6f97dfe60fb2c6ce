"""The steps of a compiled job as a graph, and what can be said of it before it runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from kedro_azureml.compiler import Compilation
from kedro_azureml.formatting import steps_for_nodes
from kedro_azureml.job.expressions import parse_binding
from kedro_azureml.job.model import Step, SweepStep
from kedro_azureml.job.references import without_prefix


@dataclass(frozen=True)
class GraphStep:
    """One step of the picture.

    Attributes:
        name: The step.
        nodes: The Kedro nodes in it.
        compute: Where it runs.
        needs: The steps whose outputs it reads, each once.
        inputs: What it reads: datasets, and raw inputs by their paths.
        outputs: The datasets that leave it.
        settings: What else the document says of it, by its name there.
        processes: How many processes on how many machines; empty where there is one.
    """

    name: str
    nodes: tuple[str, ...]
    compute: str
    needs: tuple[str, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    settings: Mapping[str, str]
    processes: str = ""


@dataclass(frozen=True)
class Graph:
    """A job's steps, each after those that it needs."""

    name: str
    steps: Mapping[str, GraphStep]

    @property
    def computes(self) -> list[str]:
        """Return the computes in the order of their first step."""
        return list(dict.fromkeys(step.compute for step in self.steps.values()))

    def levels(self) -> dict[str, int]:
        """Return for each step how many steps must end, one after another, before it starts."""
        levels: dict[str, int] = {}
        for step in self.steps.values():
            levels[step.name] = max((levels[name] + 1 for name in step.needs), default=0)
        return levels

    def longest_path(self) -> list[str]:
        """Return the most steps that must run one after another: the first such path."""
        levels = self.levels()
        if not levels:
            return []
        path = [max(levels, key=lambda name: levels[name])]
        while needs := self.steps[path[-1]].needs:
            path.append(max(needs, key=lambda name: levels[name]))
        return path[::-1]


def make_graph(compilation: Compilation) -> Graph:
    """Make the graph of a compiled job."""
    job = compilation.job
    steps: dict[str, GraphStep] = {}
    for summary in compilation.steps:
        step = job.jobs[summary.name]
        bindings = (parse_binding(str(bound)) for bound in step.inputs.values())
        steps[summary.name] = GraphStep(
            name=summary.name,
            nodes=summary.record.nodes,
            compute=summary.compute if summary.compute != "-" else "this machine",
            needs=tuple(dict.fromkeys(b.step for b in bindings if b and b.step)),
            inputs=summary.record.reads,
            outputs=summary.record.writes,
            settings=dict(_settings(step)),
            processes=summary.processes,
        )
    return Graph(job.display_name or "pipeline", steps)


def steps_and_nodes(graph: Graph) -> str:
    """Say ``3 steps for 9 nodes (6 saved)``."""
    nodes = len({name for step in graph.steps.values() for name in step.nodes})
    return steps_for_nodes(len(graph.steps), nodes)


def _settings(step: Step) -> Iterable[tuple[str, str]]:
    """Return what a person may want to know of a step, without any variable's value."""
    component = step.component
    values: dict[str, Any] = {
        "environment": component.environment,
        "resources": component.resources or step.resources,
        "distribution": component.distribution,
        "limits": step.limits,
        "identity": step.identity,
        "queue_settings": step.queue_settings,
        "environment_variables": ", ".join(step.variables),
        "is_deterministic": component.is_deterministic or None,
    }
    if isinstance(step, SweepStep):
        values |= {
            "sampling_algorithm": step.sampling_algorithm,
            "search_space": step.search_space,
            "objective": step.objective,
            "early_termination": step.early_termination,
        }
    for name, value in values.items():
        if value:
            yield name, _text(value)


def _text(value: Any) -> str:
    if hasattr(value, "model_dump"):
        value = value.model_dump(exclude_none=True)
    if isinstance(value, list):
        return ", ".join(map(_text, value))
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_text(inner)}" for key, inner in value.items())
    return "yes" if value is True else without_prefix(str(value))
