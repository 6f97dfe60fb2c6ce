"""Selection: Kedro's slices of a pipeline, with a suggestion for every unknown name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields

from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node

from kedro_azureml.compiler.request import Selection
from kedro_azureml.dataset_names import base_name
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError, nearest
from kedro_azureml.formatting import listed
from kedro_azureml.job.step_record import DEFAULT_PIPELINE
from kedro_azureml.project.loaded import LoadedProject
from kedro_azureml.secrets.masking import masked


def select(pipelines: Mapping[str, Pipeline], name: str, selection: Selection) -> Pipeline:
    """Return the part of a registered pipeline that a selection asks for.

    Raises:
        DiagnosticError: KAZ201 to KAZ206, every unknown name at once.
    """
    if name not in pipelines:
        raise DiagnosticError(
            Diagnostic(
                "KAZ201",
                f"The project has no pipeline '{name}'.",
                nearest(name, pipelines) or "Register one in pipeline_registry.py.",
                where="--pipeline",
            )
        )
    pipeline = pipelines[name]
    if selection == Selection():
        chosen = pipeline
    else:
        problems = list(_unknown(pipeline, selection))
        if problems:
            raise DiagnosticError(problems)
        try:
            chosen = pipeline.filter(
                tags=selection.tags or None,
                from_nodes=selection.from_nodes or None,
                to_nodes=selection.to_nodes or None,
                node_names=selection.nodes or None,
                from_inputs=selection.from_inputs or None,
                to_outputs=selection.to_outputs or None,
                node_namespaces=selection.namespaces or None,
            )
        except ValueError:
            # Kedro's word for "the slices have nothing in common".
            chosen = Pipeline([])
    if not pipeline.nodes:
        raise DiagnosticError(
            Diagnostic(
                "KAZ206",
                f"The pipeline '{name}' has no nodes.",
                "Add some, or name another pipeline with --pipeline.",
            )
        )
    if not chosen.nodes:
        options = ", ".join(_described(selection))
        message = f"No node of the pipeline '{name}' is selected" + (
            f" by {options}." if options else "."
        )
        raise DiagnosticError(
            Diagnostic("KAZ206", message, "Select a part of the pipeline that holds a node.")
        )
    return chosen


def with_several(pipelines: Mapping[str, Pipeline], name: str) -> Mapping[str, Pipeline]:
    """Return the pipelines, with the sum of several that a name with commas lists.

    Raises:
        DiagnosticError: KAZ201, one of them is not registered.
    """
    parts = name.split(",")
    if name in pipelines or len(parts) == 1:
        return pipelines
    for part in parts:
        if part not in pipelines:
            message = f"The project has no pipeline '{part}'."
            raise DiagnosticError(
                Diagnostic("KAZ201", message, nearest(part, pipelines), where="--pipelines")
            )
    return {**pipelines, name: sum((pipelines[part] for part in parts), Pipeline([]))}


def registered_with(pipelines: Mapping[str, Pipeline], name: str, nodes: Sequence[Node]) -> str:
    """Return the registered pipeline that a step's nodes are of, where the job has several.

    Raises:
        DiagnosticError: KAZ231, no registered pipeline holds all of them.
    """
    parts = name.split(",")
    if len(parts) == 1 or not set(parts) <= pipelines.keys():
        return name
    wanted = {node.name for node in nodes}
    for part in (*parts, DEFAULT_PIPELINE):
        if part in pipelines and wanted <= {node.name for node in pipelines[part].nodes}:
            return part
    raise DiagnosticError(
        Diagnostic(
            "KAZ231",
            f"No registered pipeline holds all nodes of a step: {listed(sorted(wanted))}.",
            "Register the sum of the pipelines, or group the nodes in another way.",
            where="--pipelines",
        )
    )


def _unknown(pipeline: Pipeline, selection: Selection) -> Iterable[Diagnostic]:
    nodes = {node.name for node in pipeline.nodes}
    datasets = pipeline.datasets() | {base_name(name) for name in pipeline.datasets()}
    tags = {tag for node in pipeline.nodes for tag in node.tags}
    namespaces = {prefix for node in pipeline.nodes for prefix in node.namespace_prefixes if prefix}
    checks = (
        ("KAZ202", "node", "--nodes", selection.nodes, nodes),
        ("KAZ202", "node", "--from-nodes", selection.from_nodes, nodes),
        ("KAZ202", "node", "--to-nodes", selection.to_nodes, nodes),
        ("KAZ203", "tag", "--tags", selection.tags, tags),
        ("KAZ204", "dataset", "--from-inputs", selection.from_inputs, datasets),
        ("KAZ204", "dataset", "--to-outputs", selection.to_outputs, datasets),
        ("KAZ205", "namespace", "--namespaces", selection.namespaces, namespaces),
    )
    for code, kind, option, selected, known in checks:
        # Kedro takes any of several tags, so one unknown tag among known ones is a typing error
        # all the same.
        for name in selected:
            if name not in known:
                yield Diagnostic(
                    code,
                    f"The pipeline has no {kind} '{name}'.",
                    nearest(name, known) or f"It has no {kind} at all: leave {option} out.",
                    where=option,
                )


def _described(selection: Selection) -> Iterable[str]:
    for field in fields(selection):
        value = getattr(selection, field.name)
        if value:
            yield f"--{field.name.replace('_', '-')} {','.join(value)}"


def with_missing_outputs(pipeline: Pipeline, loaded: LoadedProject) -> Pipeline:
    """Return the part of a pipeline whose persistent outputs do not exist.

    Raises:
        DiagnosticError: KAZ107, Kedro cannot tell; KAZ206, everything is there.
    """
    option = "--only-missing-outputs"
    try:
        missing = loaded.catalog.with_missing_outputs(pipeline)
    except Exception as error:
        message = f"Kedro cannot tell which outputs are missing: {masked(str(error))}."
        remedy = f"Leave {option} out."
        raise DiagnosticError(Diagnostic("KAZ107", message, remedy, where=option)) from error
    if not missing.nodes:
        message, remedy = "Every output exists: nothing is to be run.", f"Leave {option} out."
        raise DiagnosticError(Diagnostic("KAZ206", message, remedy, where=option))
    return missing
