"""What a step and its copies are bound to, on both sides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kedro_azureml.job.export import EXPORT_VARIABLE
from kedro_azureml.job.expressions import Binding, parse_binding, step_output_binding
from kedro_azureml.job.model import BoundInput, Literal_, Output, Step
from kedro_azureml.job.output_path import in_folder


def needs_of(step: Step) -> Iterator[str]:
    """Yield the steps whose outputs a step reads."""
    return (binding.step for binding in bindings_of(step) if binding.kind == "step_output")


def bindings_of(step: Step) -> Iterator[Binding]:
    """Yield what a step's inputs are bound to."""
    for value in step.inputs.values():
        if (binding := _binding(value)) is not None:
            yield binding


def _binding(value: Literal_ | BoundInput) -> Binding | None:
    text = value.path if isinstance(value, BoundInput) else value
    return parse_binding(text) if isinstance(text, str) else None


def rebound(
    value: Literal_ | BoundInput,
    inputs: Mapping[str, str],
    literals: Mapping[str, Literal_],
    names: Mapping[str, str],
) -> Literal_ | BoundInput:
    """Return what a copy's input is bound to, by what that of its origin is."""
    binding = _binding(value)
    if binding is None:
        return value
    if binding.kind == "input":
        return literals[inputs[binding.name]] if binding.name in inputs else value
    if binding.step not in names:
        return value
    text = step_output_binding(names[binding.step], binding.name)
    return value.model_copy(update={"path": text}) if isinstance(value, BoundInput) else text


def output_beside(output: str | Output, label: str) -> str | Output:
    """Return an output in a place of its own: all copies would write to one."""
    if isinstance(output, str) or output.path is None:
        return output
    path = in_folder(output.path, label, is_file=output.type == "uri_file")
    return output.model_copy(update={"path": path})


def told(variables: Mapping[str, str], label: str) -> dict[str, str]:
    """Return a step's variables; an export says in its log where its own place is."""
    if EXPORT_VARIABLE not in variables:
        return dict(variables)
    place = in_folder(variables[EXPORT_VARIABLE], label, is_file=False)
    return {**variables, EXPORT_VARIABLE: place}
