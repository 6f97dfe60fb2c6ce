"""Which nodes share a step. So far each node has its own."""

from __future__ import annotations

from dataclasses import dataclass

from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node

from kedro_azureml.compiler.naming import azure_names


@dataclass(frozen=True)
class Group:
    """Nodes that run in one step, in the order in which they run."""

    name: str
    nodes: tuple[Node, ...]


def group_nodes(pipeline: Pipeline) -> list[Group]:
    """One group a node, in topological order, with Azure-legal names."""
    nodes = pipeline.nodes
    names = azure_names((node.name for node in nodes), "step")
    return [Group(names[node.name], (node,)) for node in nodes]
