"""The labels of nodes, by the ways of grouping that are built in and by those of other packages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kedro_azureml import extensions
from kedro_azureml.compiler.grouping.strategy import Grouping, GroupingRequest
from kedro_azureml.dataset_names import base_name
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError
from kedro_azureml.formatting import listed
from kedro_azureml.job.step_record import DEFAULT_PIPELINE

_WHERE = "azureml.yml azure.grouping.by"


def labels_of(request: GroupingRequest) -> Mapping[str, str]:
    """Map nodes to the labels of their groups; nodes that are absent stay alone.

    Raises:
        DiagnosticError: KAZ141 for a way that does not exist or that fails; or what the way
            itself finds wrong.
    """
    way = _BUILT_IN.get(request.config.by)
    if way is not None:
        return way(request)
    extension = extensions.find(extensions.GROUPINGS, request.config.by, _WHERE, _BUILT_IN)
    with extension.blamed(_WHERE):
        labels: dict[Any, Any] = dict(extension.value(request))
        check_labels(labels, request)
    return labels


def check_labels(labels: Mapping[Any, Any], request: GroupingRequest) -> None:
    """Refuse what is no mapping of the pipeline's nodes to labels.

    Raises:
        ValueError: It labels what is no node.
        TypeError: A label is no text.
    """
    unknown = sorted(map(str, labels.keys() - {node.name for node in request.pipeline.nodes}))
    if unknown:
        raise ValueError(f"it labels {listed(unknown)}, and the pipeline has no such node")
    for node, label in labels.items():
        if not isinstance(label, str) or not label:
            raise TypeError(f"the label of '{node}' is {label!r}, and not a text")


def _none(request: GroupingRequest) -> Mapping[str, str]:
    return {}


def _by_pipeline(request: GroupingRequest) -> Mapping[str, str]:
    label = "pipeline" if request.name == DEFAULT_PIPELINE else request.name
    return dict.fromkeys((node.name for node in request.pipeline.nodes), label)


def _by_namespace(request: GroupingRequest) -> Mapping[str, str]:
    """Label nodes by namespace: ``a.b.c`` is ``a`` at depth 1 and ``a.b`` at depth 2."""
    return {
        node.name: ".".join(node.namespace.split(".")[: request.config.depth])
        for node in request.pipeline.nodes
        if node.namespace
    }


def _by_tag(request: GroupingRequest) -> Mapping[str, str]:
    prefix = request.config.tag_prefix
    labels: dict[str, str] = {}
    problems: list[Diagnostic] = []
    for node in request.pipeline.nodes:
        own = sorted(tag for tag in node.tags if tag.startswith(prefix))
        if len(own) > 1:
            named = " and ".join(f"'{tag}'" for tag in own)
            problems.append(
                Diagnostic(
                    "KAZ232",
                    f"The node '{node.name}' is tagged {named}, and each names a step.",
                    "Leave the node one of these tags, or choose another "
                    "azure.grouping.tag_prefix.",
                    where="azureml.yml azure.grouping.tag_prefix",
                )
            )
        elif own:
            labels[node.name] = own[0].removeprefix(prefix) or own[0]
    if problems:
        raise DiagnosticError(problems)
    return labels


def _by_memory(request: GroupingRequest) -> Mapping[str, str]:
    """Label nodes that pass data in memory by the first of them."""
    pipeline = request.pipeline
    makes = {dataset: node for node in pipeline.nodes for dataset in node.outputs}
    by_base = {base_name(dataset): dataset for dataset in makes}
    parents: dict[str, str] = {node.name: node.name for node in pipeline.nodes}
    position = {node.name: number for number, node in enumerate(pipeline.nodes)}

    def first(name: str) -> str:
        while parents[name] != name:
            parents[name] = parents[parents[name]]
            name = parents[name]
        return name

    known: dict[str, bool] = {}
    for node in pipeline.nodes:
        for dataset in node.inputs:
            written = by_base.get(base_name(dataset))
            if written is None:
                continue
            if written not in known:
                known[written] = request.in_memory(written)
            if known[written]:
                ends = sorted(
                    (first(node.name), first(makes[written].name)), key=position.__getitem__
                )
                parents[ends[1]] = ends[0]
    return {name: first(name) for name in parents}


_BUILT_IN: Mapping[str, Grouping] = {
    "none": _none,
    "namespace": _by_namespace,
    "tag": _by_tag,
    "memory": _by_memory,
    "pipeline": _by_pipeline,
}
