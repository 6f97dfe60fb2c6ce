"""A document in which components take the place of nodes.

A component knows nothing of Kedro: it reads the files of a dataset alone, as they are published for
people, and what it writes is laid out for its readers as a raw input is.
"""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from kedro_azureml.compiler.components.checks import check_component, is_folder, takes_files
from kedro_azureml.compiler.components.model import GivenComponents, wrong
from kedro_azureml.compiler.data.job_datasets import Dataset
from kedro_azureml.compiler.data.parameter_inputs import ParameterInputs
from kedro_azureml.compiler.data.wiring import StepWiring, Wiring
from kedro_azureml.compiler.naming import azure_names
from kedro_azureml.dataset_names import PARAMETERS, is_parameter, parameter_key
from kedro_azureml.diagnostics import Diagnostic
from kedro_azureml.job.expressions import input_expression, parse_binding
from kedro_azureml.job.model import Component, DataType, Input, Literal_, PipelineJob, Step
from kedro_azureml.job.parameter_inputs import type_of, written
from kedro_azureml.job.step_record import StepRecord
from kedro_azureml.project.catalog import CatalogView


def types_for_components(wiring: Wiring, given: GivenComponents) -> dict[str, DataType]:
    """Return the datasets of earlier steps that components read, each with the type it is read as.

    Those are published, as files alone.
    """
    types: dict[str, DataType] = {}
    for wired in wiring.steps:
        if wired.group.name in given.of:
            declared = given.of[wired.group.name].component.inputs
            for dataset in filter(takes_files, wired.inputs):
                entry = declared.get(dataset.azure_name)
                is_file = entry is not None and entry.type == "uri_file"
                types[dataset.name] = "uri_file" if is_file else "uri_folder"
    return types


def without_given(wiring: Wiring, given: GivenComponents) -> Wiring:
    """Return the wiring without what components write: it has no manifest to be exported by."""
    return replace(
        wiring,
        steps=[
            replace(step, outputs=(), unread=frozenset()) if step.group.name in given.of else step
            for step in wiring.steps
        ],
    )


def with_components(
    job: PipelineJob,
    given: GivenComponents,
    wiring: Wiring,
    parameters: ParameterInputs,
    catalog: CatalogView,
    in_parts: Collection[str],
    swept: Mapping[str, Collection[Literal_]],
) -> tuple[PipelineJob, list[Diagnostic]]:
    """Return the document with components in the place of nodes.

    Args:
        job: The document, in which each node is a step of this package.
        given: The components.
        wiring: The data of the job.
        parameters: The parameters that are inputs of the job.
        catalog: Where the parameters' values are.
        in_parts: The datasets of which each shard of a node writes a part.
        swept: The parameters that a sweep gives values, to these.

    Returns:
        The document, and the findings: KAZ237.
    """
    problems: list[Diagnostic] = []
    steps = dict(job.jobs)
    for wired in wiring.steps:
        name = wired.group.name
        # KAZ209 reports a parameter that does not exist.
        if name not in given.of or not catalog.parameters.issuperset(_asked(wired)):
            continue
        component, where = given.of[name].component, given.of[name].where
        if stale := list(_stale(wired, parameters, where)):
            problems += stale
            continue
        try:
            values, exposed = _parameters(wired, parameters, catalog)
        except ValueError as error:
            problems.append(wrong(f"{error}.", "Give it another value.", where))
            continue
        offered = {
            **{raw.name: f"${{{{parent.inputs.{raw.name}}}}}" for raw in wired.raw_inputs},
            **{
                dataset.azure_name: steps[name].inputs[dataset.azure_name]
                for dataset in wired.inputs
            },
            **values,
            **{key: f"${{{{parent.inputs.{of_job}}}}}" for key, of_job in exposed.items()},
        }
        of_sweep = {e.name: swept[e.parameter] for e in parameters.exposed if e.is_swept}
        tried = {key: of_sweep.get(exposed.get(key, ""), [value]) for key, value in values.items()}
        found = [
            wrong(f"{message}.", remedy, where)
            for message, remedy in check_component(component, wired, tried, in_parts)
        ]
        problems += found
        if found:
            continue
        steps[name] = _replaced(steps[name], component, offered)
        written_by = _Written(name, {d.name: d for d in wired.outputs}, component)
        for reader, step in steps.items():
            try:
                steps[reader] = written_by.read_by(step)
            except ValueError as error:
                message = f"The step '{reader}' cannot read what the component writes: {error}"
                problems.append(wrong(f"{message}.", "Let it write files (uri_file).", where))
    return job.model_copy(update={"jobs": steps}), problems


def _replaced(step: Step, component: Component, offered: Mapping[str, Any]) -> Step:
    own = step.component
    # The machines of a distributed node are those of its function, which is not called.
    resources = own.resources if own.distribution is None else None
    changes: dict[str, Any] = {"inputs": dict(offered), "outputs": {}}
    if component.reference is not None:
        changes |= {"component": component, "resources": resources}
    else:
        defaults = {
            "environment": component.environment or own.environment,
            "resources": component.resources or resources,
        }
        changes["component"] = component.model_copy(update=defaults)
    return step.model_copy(update=changes)


def _parameters(
    wired: StepWiring, parameters: ParameterInputs, catalog: CatalogView
) -> tuple[dict[str, Literal_], dict[str, str]]:
    """Return the parameters that the node reads, by their legal names.

    Returns:
        The value of each, and those that are inputs of the job, to the name that they have there.

    Raises:
        ValueError: No literal can be made of a value; the message says of which, and why.
    """
    keys = {parameter_key(name): name for name in _asked(wired)}
    in_job = {e.parameter: e.name for e in parameters.of_step.get(wired.group.name, ())}
    names = azure_names(keys, "parameter")
    values: dict[str, Literal_] = {}
    for key, name in keys.items():
        value = catalog.parameter(name)
        try:
            values[names[key]] = written(value, type_of(value))
        except (TypeError, ValueError) as error:
            raise ValueError(f"The parameter '{key}' is no literal: {error}") from error
    return values, {names[key]: in_job[key] for key in keys if key in in_job}


def _stale(wired: StepWiring, parameters: ParameterInputs, where: str) -> Iterator[Diagnostic]:
    """Report parameters that change with an input of the job: no component makes one of both."""
    for key in map(parameter_key, _asked(wired)):
        if changing := parameters.behind(key):
            yield wrong(
                f"The component gets '{key}' as it is compiled, and it changes with "
                f"'{changing}', which is swept or an input of the job.",
                f"Let the node read '{changing}' itself, or leave that as it is in this job.",
                where,
            )


def _asked(wired: StepWiring) -> list[str]:
    inputs = wired.group.nodes[0].inputs
    return [name for name in inputs if is_parameter(name) and name != PARAMETERS]


@dataclass(frozen=True)
class _Written:
    """What a component writes.

    Attributes:
        step: Its step.
        datasets: By name.
        component: The component.
    """

    step: str
    datasets: Mapping[str, Dataset]
    component: Component

    def read_by(self, step: Step) -> Step:
        """Return a step that finds what it reads of this as it finds a raw input.

        Raises:
            ValueError: Two datasets would be laid out in one place; the message names it.
        """
        read = {
            key: binding.name
            for key, bound in step.inputs.items()
            if isinstance(bound, str) and (binding := parse_binding(bound)) is not None
            if (binding.kind, binding.step) == ("step_output", self.step)
        }
        record = step.component.record()
        if not read or record is None:
            return step
        raw_inputs, inputs = dict(record.raw_inputs), dict(record.inputs)
        declared = dict(step.component.inputs)
        for key in read:
            dataset = next(d for d in self.datasets.values() if d.azure_name == read[key])
            kind = self._type(dataset)
            mount = _mount(dataset, kind)
            if mount in raw_inputs:
                raise ValueError(f"two datasets lie in '{mount}'")
            raw_inputs[mount] = input_expression(key)
            del inputs[dataset.name]
            declared[key] = Input(type=kind)
        changed: StepRecord = replace(record, raw_inputs=raw_inputs, inputs=inputs)
        component = step.component.model_copy(
            update={"command": changed.command(), "inputs": declared}
        )
        return step.model_copy(update={"component": component})

    def _type(self, dataset: Dataset) -> DataType:
        output = self.component.outputs.get(dataset.azure_name)
        return output.type if output is not None else "uri_folder"


def _mount(dataset: Dataset, kind: DataType) -> str:
    """Return where a reader finds a dataset, or the folder around its file."""
    path = dataset.location.paths[0]
    if kind == "uri_file" or is_folder(dataset):
        return path.relative
    return posixpath.dirname(path.relative)
