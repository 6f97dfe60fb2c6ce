"""Whether a component fits into the place of a node."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from kedro_azureml.compiler.data.job_datasets import Dataset
from kedro_azureml.compiler.data.wiring import StepWiring
from kedro_azureml.diagnostics import nearest
from kedro_azureml.formatting import listed
from kedro_azureml.job.model import Component

_NEED_FILES = "Give its catalog entry a type that saves files, and a path in the project."


def takes_files(dataset: Dataset) -> bool:
    """Tell whether a dataset is files in the job, of which a component can make something."""
    location = dataset.location
    is_one_place = len(location.paths) == 1 and not location.paths[0].is_external
    return location.kind == "local" and is_one_place and not location.versioned


def check_component(
    component: Component, wired: StepWiring, offered: Collection[str], in_parts: Collection[str]
) -> Iterator[tuple[str, str]]:
    """Yield what keeps a component out of a node's place, with what to do about it.

    Args:
        component: The component.
        wired: What the node's step reads and writes.
        offered: The names of the inputs that it would be given.
        in_parts: The datasets of which each shard of a node writes a part.
    """
    node = wired.group.nodes[0]
    for dataset in (*wired.inputs, *wired.outputs):
        if not takes_files(dataset):
            yield (
                f"The node '{node.name}' has '{dataset.name}', which is not one place in the job",
                _NEED_FILES,
            )
    for dataset in wired.inputs:
        if dataset.name in in_parts:
            yield (
                f"'{dataset.name}' is written by shards in parts, and a component reads one folder",
                "Let a node between them read the one and write the other.",
            )
    for dataset in wired.outputs:
        if dataset.is_published:
            yield (
                f"'{dataset.name}', which the component writes, is to be registered",
                "Leave that out of its catalog entry.",
            )
    if component.reference is None:
        yield from _check_names(component, wired, offered)


def _check_names(
    component: Component, wired: StepWiring, offered: Collection[str]
) -> Iterator[tuple[str, str]]:
    """Compare a component's inputs and outputs with those of the node."""
    node = wired.group.nodes[0].name
    outputs = [dataset.azure_name for dataset in wired.outputs]
    sides = (("input", offered, component.inputs), ("output", outputs, component.outputs))
    for side, names, declared in sides:
        for name in names:
            if name not in declared:
                yield (
                    f"The component has no {side} '{name}', which the node '{node}' has",
                    nearest(name, declared) or f"Declare it in the component's {side}s.",
                )
    missing = [
        name
        for name, declared in component.inputs.items()
        if name not in offered and not declared.optional and declared.default is None
    ]
    if missing:
        yield (
            f"The component needs {listed(missing)}, which the node '{node}' does not read",
            "Let the node read a dataset or a parameter of that name, or give it a default.",
        )
    for raw in wired.raw_inputs:
        entry = component.inputs.get(raw.name)
        if entry is not None and entry.is_data and entry.type != raw.type:
            types = f"is a {entry.type}, and '{raw.mount}' is a {raw.type}"
            yield f"The component's input '{raw.name}' {types}", "Correct the type."
