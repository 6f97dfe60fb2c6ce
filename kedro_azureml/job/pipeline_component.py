"""A job as a pipeline component: the same graph, whose inputs have types and defaults.

https://learn.microsoft.com/azure/machine-learning/reference-yaml-component-pipeline; what the SDK
really takes: docs/architecture/azureml-capabilities.md, section 3.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kedro_azureml.job.model import Input, PipelineJob
from kedro_azureml.job.parameter_inputs import component_type, inputs_in, type_of

_SCHEMA = "https://azuremlschemas.azureedge.net/latest/pipelineComponent.schema.json"


def pipeline_component(
    job: PipelineJob, name: str, tags: Mapping[str, str], steps: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the component's document, which has no version yet.

    Args:
        job: The job.
        name: The component's name.
        tags: Its tags.
        steps: The job's steps, whose components are registered.
    """
    component: dict[str, Any] = {
        "$schema": _SCHEMA,
        "type": "pipeline",
        "name": name,
        "display_name": job.display_name,
        "description": job.description,
        "tags": dict(tags),
        "inputs": component_inputs(job),
        "outputs": {key: {"type": output.type} for key, output in job.outputs.items()},
        "jobs": dict(steps),
    }
    return {key: value for key, value in component.items() if value}


def component_inputs(job: PipelineJob) -> dict[str, dict[str, Any]]:
    """Return the inputs: a value has its default, and data has none, because it cannot."""
    parameters = inputs_in(job.properties)
    inputs: dict[str, dict[str, Any]] = {}
    for key, value in job.inputs.items():
        if isinstance(value, Input):
            inputs[key] = {"type": value.type}
            continue
        kind = parameters[key][1] if key in parameters else type_of(value)
        inputs[key] = {"type": component_type(kind), "default": value}
    return inputs
