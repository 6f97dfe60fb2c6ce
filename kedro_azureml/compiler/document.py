"""The job document, assembled from what the compiler's other modules decide."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kedro_azureml.compiler.data.wiring import StepWiring
from kedro_azureml.compiler.job_parts import JobParts
from kedro_azureml.compiler.placement import routing
from kedro_azureml.compiler.placement.computes import Placement, settings_of
from kedro_azureml.compiler.request import CompileRequest
from kedro_azureml.compiler.step_records import relative_path
from kedro_azureml.config import AzureMLConfig
from kedro_azureml.job.expressions import step_output_binding
from kedro_azureml.job.model import Component, Input, Output, PipelineJob, Settings, Step
from kedro_azureml.job.parameter_inputs import (
    component_type,
    parameter_properties,
)
from kedro_azureml.job.step_record import DEFAULT_PIPELINE, StepRecord
from kedro_azureml.job.tags import LONGEST_TAG, PIPELINE_TAG, step_tags
from kedro_azureml.project.loaded import LoadedProject
from kedro_azureml.secrets.step_secrets import StepSecrets

_MAX_DISPLAY_NAME = 255


def build(
    request: CompileRequest,
    project: LoadedProject,
    config: AzureMLConfig,
    parts: JobParts,
    records: Mapping[str, StepRecord],
) -> PipelineJob:
    """Build the document of a job whose steps are all known."""
    wiring, parameters = parts.wiring, parts.parameters
    default = parts.placements.default_compute
    steps: dict[str, Step] = {}
    for wired in wiring.steps:
        name = wired.group.name
        placed = parts.placements.of[name]
        steps[name] = Step(
            display_name=name,
            component=_component(wired, records[name], placed, parts),
            compute=placed.compute if placed.compute != default else None,
            inputs=_bindings(wired, parts),
            outputs={
                d.azure_name: parts.publications.of[d.name].output
                for d in wired.outputs
                if d.name in parts.publications.of
            },
            tags=step_tags(name, records[name].nodes),
            **_with_secrets(settings_of(placed), parts.secrets[name]),
        )
    return PipelineJob(
        display_name=_display_name(request, project),
        experiment_name=(
            request.experiment_name or config.azure.experiment_name or project.package
        ),
        description=request.description,
        tags={PIPELINE_TAG: request.pipeline[:LONGEST_TAG], **request.tags},
        # `kedro run` stops at the first failure; the service's default is to go on.
        settings=Settings(default_compute=default, continue_on_step_failure=False),
        properties=parameter_properties(
            {e.name: (e.parameter, e.type) for e in parameters.exposed if not e.is_swept}
        ),
        inputs={
            **{
                raw.name: Input(
                    type=raw.type, path=raw.address or relative_path(raw.source, request.base)
                )
                for raw in wiring.raw_inputs.values()
            },
            **{exposed.name: exposed.default for exposed in parameters.exposed},
        },
        jobs=steps,
    )


def _component(
    wired: StepWiring,
    record: StepRecord,
    placed: Placement,
    parts: JobParts,
) -> Component:
    nodes = wired.group.nodes
    processes = parts.distributions.of[wired.group.name]
    return Component(
        display_name=nodes[0].name[:_MAX_DISPLAY_NAME] if len(nodes) == 1 else wired.group.name,
        is_deterministic=all(routing.DETERMINISTIC_TAG in node.tags for node in nodes),
        command=record.command(),
        code=record.code,
        environment=placed.environment,
        inputs={
            # The service reads a mode only here: docs/architecture/azureml-contracts.md
            **{raw.name: Input(type=raw.type, mode=raw.mode) for raw in wired.raw_inputs},
            **{
                name: Input(type=kind)
                for d in wired.inputs
                for name, kind in parts.publications.types_of(d).items()
            },
            **{
                e.name: Input(type=component_type(e.type))
                for e in parts.parameters.of_step[wired.group.name]
            },
        },
        outputs={
            name: Output(type=kind)
            for d in wired.outputs
            for name, kind in parts.publications.types_of(d).items()
        },
        resources=processes.resources,
        distribution=processes.distribution,
    )


def _with_secrets(settings: dict[str, Any], secrets: StepSecrets) -> dict[str, Any]:
    """Add the names of a step's secrets to its variables."""
    variables = {**settings["environment_variables"], **secrets.variables()}
    return {**settings, "environment_variables": variables}


def _bindings(wired: StepWiring, parts: JobParts) -> dict[str, Any]:
    return {
        **{raw.name: f"${{{{parent.inputs.{raw.name}}}}}" for raw in wired.raw_inputs},
        **{
            name: step_output_binding(str(d.producer), name)
            for d in wired.inputs
            for name in parts.publications.types_of(d)
        },
        **{
            e.name: f"${{{{parent.inputs.{e.name}}}}}"
            for e in parts.parameters.of_step[wired.group.name]
        },
    }


def _display_name(request: CompileRequest, project: LoadedProject) -> str:
    name = request.display_name or name_of_job(request, project)
    return name[:_MAX_DISPLAY_NAME]


def name_of_job(request: CompileRequest, project: LoadedProject) -> str:
    """Return what a job is called that says nothing of it: as in azureml.yml, or its pipeline."""
    name = request.pipeline if request.pipeline != DEFAULT_PIPELINE else project.package
    return request.job or name
