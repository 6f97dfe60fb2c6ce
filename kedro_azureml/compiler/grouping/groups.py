"""Grouping: the nodes that share a step.

A step costs minutes of start-up on Azure ML, so nodes can share one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node

from kedro_azureml.compiler.grouping.labels import labels_of
from kedro_azureml.compiler.grouping.strategy import GroupingRequest
from kedro_azureml.compiler.naming import azure_names
from kedro_azureml.config import GroupingConfig
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError
from kedro_azureml.job.order import in_order, shortest_cycle
from kedro_azureml.job.step_record import DEFAULT_PIPELINE

Needs = dict[str, dict[str, tuple[Node, Node]]]


@dataclass(frozen=True)
class Group:
    """Nodes that run in one step, in the order in which they run."""

    name: str
    nodes: tuple[Node, ...]


def group_nodes(
    pipeline: Pipeline,
    grouping: GroupingConfig | None = None,
    *,
    name: str = DEFAULT_PIPELINE,
    in_memory: Callable[[str], bool] = lambda dataset: True,
    labels: Mapping[str, str] | None = None,
) -> list[Group]:
    """Divide a pipeline into steps.

    Args:
        pipeline: The nodes.
        grouping: How; None for one step a node.
        name: The pipeline's name, for the step that holds all of it.
        in_memory: Whether a dataset, by the name that its producer uses, is only in memory.
        labels: The nodes' labels, if they are known already.

    Returns:
        Groups with Azure-legal names, each after those that it needs, and otherwise in the
        pipeline's own order. ``a -> b -> c`` with ``a`` and ``b`` in one group gives ``ab, c``.

    Raises:
        DiagnosticError: KAZ231 for groups that would wait for each other, KAZ232 for a node that
            two tags put into two groups, KAZ141 for another package's grouping that fails.
    """
    grouping = grouping or GroupingConfig()
    if labels is None:
        labels = labels_of(GroupingRequest(pipeline, name, grouping, in_memory))
    groups = _named(pipeline.nodes, labels)
    needs = _needs(groups, pipeline)
    order, circular = in_order(needs)
    if circular:
        raise DiagnosticError(_cycle(needs))
    return [Group(group, tuple(groups[group])) for group in order]


def check_effect(pipeline: Pipeline, grouping: GroupingConfig) -> Iterator[Diagnostic]:
    """Report KAZ235, if no node of a whole pipeline has what a grouping goes by."""
    if grouping.by == "tag":
        prefix = grouping.tag_prefix
        if not any(tag.startswith(prefix) for node in pipeline.nodes for tag in node.tags):
            yield _no_effect(
                f"No node of the pipeline has a tag that begins with '{prefix}'",
                f"Tag the nodes that share a step, all with '{prefix}NAME', or write another "
                "azure.grouping.tag_prefix.",
            )
    elif grouping.by == "namespace" and not any(node.namespace for node in pipeline.nodes):
        yield _no_effect("No node of the pipeline has a namespace", "Group by 'tag' or 'memory'.")


def _no_effect(cause: str, remedy: str) -> Diagnostic:
    return Diagnostic(
        "KAZ235",
        f"{cause}, so each node has a step of its own.",
        remedy,
        severity="warning",
        where="azureml.yml azure.grouping",
    )


def _named(nodes: Iterable[Node], labels: Mapping[str, str]) -> dict[str, list[Node]]:
    """Name each step, in the order of the first of its nodes."""
    members: dict[tuple[str, bool], list[Node]] = {}
    for node in nodes:
        label = labels.get(node.name)
        members.setdefault((node.name, False) if label is None else (label, True), []).append(node)
    alone = {label for label, shared in members if not shared}
    originals: dict[tuple[str, bool], str] = {}
    for label, shared in members:
        original = label
        # A group and a node of another step may have one name.
        while shared and original in alone:
            original += ".group"
        originals[label, shared] = original
        alone.add(original)
    names = azure_names(originals.values(), "step")
    return {names[originals[key]]: held for key, held in members.items()}


def _needs(groups: Mapping[str, list[Node]], pipeline: Pipeline) -> Needs:
    """Map each group to those that it needs, each with a pair of nodes that shows why."""
    group_of = {node.name: group for group, nodes in groups.items() for node in nodes}
    upstream_of = pipeline.node_dependencies
    needs: Needs = {group: {} for group in groups}
    for group, nodes in groups.items():
        for node in nodes:
            for upstream in sorted(upstream_of[node], key=lambda n: n.name):
                other = group_of[upstream.name]
                if other != group:
                    needs[group].setdefault(other, (upstream, node))
    return needs


def _cycle(needs: Needs) -> Diagnostic:
    """Name the shortest cycle, and for each of its edges two nodes."""
    cycle = shortest_cycle(needs)
    named = " and ".join(f"'{group}'" for group in cycle)
    feeds = ", ".join(
        f"'{needs[b][a][0].name}' of '{a}' feeds '{needs[b][a][1].name}' of '{b}'"
        for a, b in zip(cycle, [*cycle[1:], cycle[0]], strict=True)
    )
    return Diagnostic(
        "KAZ231",
        f"The steps {named} would wait for each other: {feeds}.",
        "Put these nodes into one group, or leave one of them out of its group.",
        where="azureml.yml azure.grouping",
    )
