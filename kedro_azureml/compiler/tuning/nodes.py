"""Which nodes are tuned: they form one step, whatever else shares steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node

from kedro_azureml.compiler.grouping.groups import Group, group_nodes
from kedro_azureml.compiler.grouping.labels import labels_of
from kedro_azureml.compiler.grouping.strategy import GroupingRequest
from kedro_azureml.config import GroupingConfig
from kedro_azureml.config.models.tune import TuneConfig
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError, nearest


def group_tuned_nodes(
    pipeline: Pipeline,
    grouping: GroupingConfig,
    tune: TuneConfig,
    *,
    name: str,
    in_memory: Callable[[str], bool],
    where: str,
) -> tuple[list[Group], str]:
    """Divide a pipeline into steps, one of which holds the tuned nodes and no other.

    Args:
        pipeline: The nodes.
        grouping: How the other nodes share steps.
        tune: Which nodes are tuned.
        name: The pipeline's name.
        in_memory: Whether a dataset is only in memory.
        where: The place of `tune`, for findings.

    Returns:
        The groups, and the name of the tuned one.

    Raises:
        DiagnosticError: KAZ271, the nodes do not exist or cannot share a step.
    """
    tuned = _tuned_nodes(pipeline, tune, where)
    labels = dict(labels_of(GroupingRequest(pipeline, name, grouping, in_memory)))
    others = {labels.get(node.name) for node in pipeline.nodes if node not in tuned}
    if len(tuned) == 1:
        labels.pop(tuned[0].name, None)
    else:
        label = tune.namespace or ("_".join(tune.tags) if tune.tags else tuned[0].name)
        while label in others:
            label += ".tuned"
        labels |= dict.fromkeys((node.name for node in tuned), label)
    try:
        groups = group_nodes(pipeline, grouping, name=name, in_memory=in_memory, labels=labels)
    except DiagnosticError as error:
        raise DiagnosticError(_as_tuning(each, where) for each in error.diagnostics) from None
    return groups, next(group.name for group in groups if tuned[0] in group.nodes)


def _as_tuning(problem: Diagnostic, where: str) -> Diagnostic:
    if problem.code != "KAZ231":
        return problem
    return replace(
        problem,
        code="KAZ271",
        message=f"The tuned nodes cannot share a step. {problem.message}",
        remedy="Tune the nodes between them too, or fewer nodes; or let fewer others share a step "
        "(--group-by, azure.grouping).",
        where=where,
    )


def _tuned_nodes(pipeline: Pipeline, tune: TuneConfig, where: str) -> list[Node]:
    known = {node.name for node in pipeline.nodes}
    problems = [
        Diagnostic(
            "KAZ271",
            f"'{name}' is to be tuned, and the job has no such node.",
            nearest(name, known),
            where=where,
        )
        for name in tune.nodes
        if name not in known
    ]
    tuned = [node for node in pipeline.nodes if _is_tuned(node, tune)]
    tags = {tag for node in pipeline.nodes for tag in node.tags}
    spaces = {node.namespace for node in pipeline.nodes if node.namespace}
    missing = [(tag, tags) for tag in tune.tags if tag not in tags]
    if tune.namespace and not tuned:
        missing.append((tune.namespace, spaces))
    for asked, there in missing:
        remedy = nearest(asked, there) if there else "Name the nodes themselves."
        message = f"No node of the job has what is to be tuned, '{asked}'."
        problems.append(Diagnostic("KAZ271", message, remedy, where=where))
    if problems:
        raise DiagnosticError(problems)
    return tuned


def _is_tuned(node: Node, tune: TuneConfig) -> bool:
    if tune.namespace:
        return f"{node.namespace}.".startswith(f"{tune.namespace}.")
    return node.name in tune.nodes or not node.tags.isdisjoint(tune.tags)
