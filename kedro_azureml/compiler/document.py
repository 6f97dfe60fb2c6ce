"""The job document, assembled from what the compiler's other modules decide."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kedro_azureml.compiler.data.parameter_inputs import Exposed, ParameterInputs
from kedro_azureml.compiler.data.publications import Publications
from kedro_azureml.compiler.data.wiring import StepWiring, Wiring
from kedro_azureml.compiler.placement import routing
from kedro_azureml.compiler.placement.computes import Placement, Placements, settings_of
from kedro_azureml.compiler.placement.distribution import Distributed, Distributions
from kedro_azureml.compiler.records import relative_path
from kedro_azureml.compiler.request import CompileRequest
from kedro_azureml.config import AzureMLConfig
from kedro_azureml.job.model import Component, Input, Output, PipelineJob, Settings, Step
from kedro_azureml.job.parameter_inputs import (
    component_type,
    parameter_properties,
)
from kedro_azureml.job.step_record import DEFAULT_PIPELINE, StepRecord
from kedro_azureml.job.tags import LONGEST_TAG, PIPELINE_TAG, step_tags
from kedro_azureml.project.loaded import LoadedProject

_MAX_DISPLAY_NAME = 255


def build(
    request: CompileRequest,
    project: LoadedProject,
    config: AzureMLConfig,
    wiring: Wiring,
    parameters: ParameterInputs,
    placements: Placements,
    distributions: Distributions,
    records: Mapping[str, StepRecord],
    publications: Publications,
) -> PipelineJob:
    """Build the document of a job whose steps are all known."""
    default = placements.default_compute
    steps: dict[str, Step] = {}
    for wired in wiring.steps:
        name = wired.group.name
        placed = placements.of[name]
        steps[name] = Step(
            display_name=name,
            component=_component(
                wired,
                parameters.of_step[name],
                records[name],
                placed,
                distributions.of[name],
                publications,
            ),
            compute=placed.compute if placed.compute != default else None,
            inputs=_bindings(wired, parameters.of_step[name], publications),
            outputs={
                d.azure_name: publications.of[d.name].output
                for d in wired.outputs
                if d.name in publications.of
            },
            tags=step_tags(name, records[name].nodes),
            **settings_of(placed),
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
            {e.name: (e.parameter, e.type) for e in parameters.exposed}
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
    parameters: Iterable[Exposed],
    record: StepRecord,
    placed: Placement,
    processes: Distributed,
    publications: Publications,
) -> Component:
    nodes = wired.group.nodes
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
                for name, kind in publications.types_of(d).items()
            },
            **{e.name: Input(type=component_type(e.type)) for e in parameters},
        },
        outputs={
            name: Output(type=kind)
            for d in wired.outputs
            for name, kind in publications.types_of(d).items()
        },
        resources=processes.resources,
        distribution=processes.distribution,
    )


def _bindings(
    wired: StepWiring, parameters: Iterable[Exposed], publications: Publications
) -> dict[str, Any]:
    return {
        **{raw.name: f"${{{{parent.inputs.{raw.name}}}}}" for raw in wired.raw_inputs},
        **{
            name: f"${{{{parent.jobs.{d.producer}.outputs.{name}}}}}"
            for d in wired.inputs
            for name in publications.types_of(d)
        },
        **{e.name: f"${{{{parent.inputs.{e.name}}}}}" for e in parameters},
    }


def _display_name(request: CompileRequest, project: LoadedProject) -> str:
    name = request.display_name or name_of_job(request, project)
    return name[:_MAX_DISPLAY_NAME]


def name_of_job(request: CompileRequest, project: LoadedProject) -> str:
    """Return what a job is called that says nothing of it: as in azureml.yml, or its pipeline."""
    name = request.pipeline if request.pipeline != DEFAULT_PIPELINE else project.package
    return request.job or name
