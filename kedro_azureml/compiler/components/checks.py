"""Whether a component fits into the place of a node."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from kedro_azureml.compiler.data.job_datasets import Dataset
from kedro_azureml.compiler.data.wiring import StepWiring
from kedro_azureml.diagnostics import nearest
from kedro_azureml.formatting import listed
from kedro_azureml.job.model import Component, Literal_
from kedro_azureml.job.parameter_inputs import ParameterInput, read

_CORRECT = "Correct the type."
_NEED_FILES = "Give its catalog entry a type that saves files, and a path in the project."


def takes_files(dataset: Dataset) -> bool:
    """Tell whether a dataset is files in the job, of which a component can make something."""
    location = dataset.location
    is_one_place = len(location.paths) == 1 and not location.paths[0].is_external
    return location.kind == "local" and is_one_place and not location.versioned


def is_folder(dataset: Dataset) -> bool:
    """Tell whether a dataset that is files in the job is a folder of them, as partitions are."""
    return takes_files(dataset) and dataset.location.paths[0].keys[-1] == "path"


def check_component(
    component: Component,
    wired: StepWiring,
    parameters: Mapping[str, Collection[Literal_]],
    in_parts: Collection[str],
) -> Iterator[tuple[str, str]]:
    """Yield what keeps a component out of a node's place, with what to do about it.

    Args:
        component: The component.
        wired: What the node's step reads and writes.
        parameters: The inputs that are parameters of the node, with all their values.
        in_parts: The datasets of which each shard of a node writes a part.
    """
    data = {raw.name: raw.mount for raw in wired.raw_inputs} | {
        dataset.azure_name: dataset.name for dataset in wired.inputs
    }
    for name in sorted(data.keys() & parameters.keys()):
        both = f"The parameter '{name}' and the data '{data[name]}', which the node reads,"
        yield f"{both} would be one input of the component", "Rename one of them."
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
        yield from _check_names(component, wired, {**data, **parameters})
        yield from _check_types(component, data, parameters)
        yield from _check_files(component, wired)


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


def _check_types(
    component: Component,
    data: Collection[str],
    parameters: Mapping[str, Collection[Literal_]],
) -> Iterator[tuple[str, str]]:
    """Compare the types of a component's inputs with what they are given."""
    for name, entry in component.inputs.items():
        said = f"The component's input '{name}' has the type {entry.type}"
        if name in data and not entry.is_data:
            yield f"{said}, and the node reads data of that name", _CORRECT
        elif name in parameters and name not in data:
            if entry.is_data:
                yield f"{said}, and the node reads a parameter of that name", _CORRECT
            elif not all(_is_of(value, entry.type) for value in parameters[name]):
                yield f"{said}, and the parameter is no such value", _CORRECT


def _check_files(component: Component, wired: StepWiring) -> Iterator[tuple[str, str]]:
    """Compare what a component takes for a file or a folder with what is one."""
    sides = (
        ("input", wired.inputs, component.inputs),
        ("output", wired.outputs, component.outputs),
    )
    for side, datasets, entries in sides:
        for dataset in filter(is_folder, datasets):
            taken = entries.get(dataset.azure_name)
            if taken is not None and taken.type == "uri_file":
                said = f"The component's {side} '{dataset.azure_name}' is a uri_file"
                yield f"{said}, and the dataset is a folder", _CORRECT
    for raw in wired.raw_inputs:
        declared = component.inputs.get(raw.name)
        if declared is not None and declared.is_data and declared.type != raw.type:
            types = f"is a {declared.type}, and '{raw.mount}' is a {raw.type}"
            yield f"The component's input '{raw.name}' {types}", _CORRECT


def _is_of(value: Literal_, kind: str) -> bool:
    """Tell whether an input of a type takes a value, which is a text on its way."""
    if kind == "string":
        return True
    try:
        read(str(value), ParameterInput.of(kind, "").type)
    except ValueError:
        return False
    return True
