"""The job document, assembled from what the compiler's other modules decide."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node

from kedro_azureml.compiler.data.job_datasets import Dataset
from kedro_azureml.compiler.data.parameter_inputs import Exposed, ParameterInputs
from kedro_azureml.compiler.data.wiring import StepWiring, Wiring
from kedro_azureml.compiler.placement import routing
from kedro_azureml.compiler.placement.computes import Placement, Placements, settings_of
from kedro_azureml.compiler.placement.distribution import Distributed, Distributions
from kedro_azureml.compiler.request import CompileRequest
from kedro_azureml.compiler.selection import registered_with
from kedro_azureml.config import AzureMLConfig
from kedro_azureml.config.models.grouping import DEFAULT_RUNNER, RUNNERS
from kedro_azureml.job.expressions import input_expression, output_expression
from kedro_azureml.job.model import Component, Input, Output, PipelineJob, Settings, Step
from kedro_azureml.job.parameter_inputs import (
    ParameterInput,
    component_type,
    parameter_properties,
)
from kedro_azureml.job.step_record import DEFAULT_PIPELINE, StepRecord
from kedro_azureml.job.tags import LONGEST_TAG, PIPELINE_TAG, step_tags
from kedro_azureml.project.loaded import LoadedProject
from kedro_azureml.step.session.nodes import is_same

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
                wired, parameters.of_step[name], records[name], placed, distributions.of[name]
            ),
            compute=placed.compute if placed.compute != default else None,
            inputs=_bindings(wired, parameters.of_step[name]),
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
                raw.name: Input(type=raw.type, path=relative_path(raw.source, request.base))
                for raw in wiring.raw_inputs.values()
            },
            **{exposed.name: exposed.default for exposed in parameters.exposed},
        },
        jobs=steps,
    )


def make_records(
    request: CompileRequest,
    project: LoadedProject,
    config: AzureMLConfig,
    wiring: Wiring,
    parameters: ParameterInputs,
    runner: str,
) -> dict[str, StepRecord]:
    """Make each step's record, by its name."""
    smaller = smaller_pipelines(project.pipelines, request.pipeline)
    code = code_of(request, config)
    common = StepRecord(
        pipeline=request.pipeline,
        nodes=(),
        env=project.env,
        conf_source=request.conf_source,
        parameters=parameters.left(request.params),
        storage=config.azure.storage_url,
        working_directory=config.azure.working_directory if code is None else None,
        code=None if code is None else relative_path(code, request.base),
        runner_params=dict(request.runner_params),
        mlflow=config.azure.mlflow.for_steps(),
    )
    pipeline_of = partial(registered_with, project.pipelines, request.pipeline)
    return {
        wired.group.name: replace(
            _record(wired, common, smaller, runner, pipeline_of),
            parameter_inputs={
                e.parameter: ParameterInput(e.type, input_expression(e.name))
                for e in parameters.of_step[wired.group.name]
            },
        )
        for wired in wiring.steps
    }


def _record(
    wired: StepWiring,
    common: StepRecord,
    smaller: Mapping[str, str],
    runner: str,
    pipeline_of: Callable[[Sequence[Node]], str],
) -> StepRecord:
    nodes = wired.group.nodes
    loaded = {smaller.get(node.name) for node in nodes}
    stored = [d for d in wired.outputs if common.storage and _crosses(d, wired)]
    uses_storage = stored or any(d.location.kind != "remote" for d in wired.inputs)
    return replace(
        common,
        pipeline=pipeline_of(nodes),
        nodes=tuple(node.name for node in nodes),
        loaded_pipeline=next(iter(loaded)) if len(loaded) == 1 else None,
        load_versions=dict(wired.load_versions),
        runner=_runner(runner, 2 if common.runner_params else len(nodes)),
        raw_inputs={raw.mount: input_expression(raw.name) for raw in wired.raw_inputs},
        inputs={d.name: input_expression(d.azure_name) for d in wired.inputs},
        outputs=_folders(d for d in wired.outputs if d not in stored and not _is_result(d, wired)),
        results=_folders(d for d in wired.outputs if _is_result(d, wired)),
        storage=common.storage if uses_storage else None,
        stored=_folders(stored),
    )


def _runner(name: str, nodes: int) -> str | None:
    """Return the runner that a step's command names: Kedro's default needs no word."""
    if name in RUNNERS and nodes == 1:
        # One node is run in the same way by all of Kedro's own.
        return None
    return None if name == DEFAULT_RUNNER else name


def code_of(request: CompileRequest, config: AzureMLConfig) -> Path | None:
    """Return the absolute folder to upload as code, or None when the code is in the image.

    A rehearsal always runs the code that is here.
    """
    directory = config.azure.code_directory
    if directory is None:
        return request.project_path if request.local else None
    return (request.project_path / directory).resolve()


def relative_path(path: Path, base: Path) -> str:
    """Return a path as the document has it: relative to the document's folder, POSIX."""
    return Path(os.path.relpath(path, base)).as_posix()


def smaller_pipelines(pipelines: Mapping[str, Pipeline], compiled: str) -> dict[str, str]:
    """Find for each node the smallest other registered pipeline that holds it, if any.

    Kedro then imports that pipeline alone. Another pipeline may use the name for another node, or
    for another function: that one does not hold it. Nor does one of a class of its own, which may
    not be taken apart.
    """
    nodes = {node.name: node for node in pipelines[compiled].nodes}
    size = len(nodes)
    smallest: dict[str, str] = {}
    others = [
        (len(p.nodes), name)
        for name, p in pipelines.items()
        if name not in (compiled, DEFAULT_PIPELINE) and type(p) is Pipeline
    ]
    for count, name in sorted(others):
        if count < size:
            for node in pipelines[name].nodes:
                if node.name in nodes and is_same(node, nodes[node.name]):
                    smallest.setdefault(node.name, name)
    return smallest


def _component(
    wired: StepWiring,
    parameters: Iterable[Exposed],
    record: StepRecord,
    placed: Placement,
    processes: Distributed,
) -> Component:
    nodes = wired.group.nodes
    return Component(
        display_name=nodes[0].name[:_MAX_DISPLAY_NAME] if len(nodes) == 1 else wired.group.name,
        is_deterministic=all(routing.DETERMINISTIC_TAG in node.tags for node in nodes),
        command=record.command(),
        code=record.code,
        environment=placed.environment,
        inputs={
            **{raw.name: Input(type=raw.type) for raw in wired.raw_inputs},
            **{d.azure_name: Input(type="uri_folder") for d in wired.inputs},
            **{e.name: Input(type=component_type(e.type)) for e in parameters},
        },
        outputs={d.azure_name: Output() for d in wired.outputs},
        resources=processes.resources,
        distribution=processes.distribution,
    )


def _is_result(dataset: Dataset, wired: StepWiring) -> bool:
    """Tell whether `kedro run` would return the dataset, an object that no step reads."""
    return dataset.location.kind == "object" and dataset.name in wired.unread


def _crosses(dataset: Dataset, wired: StepWiring) -> bool:
    """Tell whether its data goes to a later step, not only to whoever ran the job."""
    return dataset.location.kind != "remote" and dataset.name not in wired.unread


def _folders(datasets: Iterable[Dataset]) -> dict[str, str]:
    return {d.name: output_expression(d.azure_name) for d in datasets}


def _bindings(wired: StepWiring, parameters: Iterable[Exposed]) -> dict[str, Any]:
    return {
        **{raw.name: f"${{{{parent.inputs.{raw.name}}}}}" for raw in wired.raw_inputs},
        **{
            d.azure_name: f"${{{{parent.jobs.{d.producer}.outputs.{d.azure_name}}}}}"
            for d in wired.inputs
        },
        **{e.name: f"${{{{parent.inputs.{e.name}}}}}" for e in parameters},
    }


def _display_name(request: CompileRequest, project: LoadedProject) -> str:
    name = request.pipeline if request.pipeline != DEFAULT_PIPELINE else project.package
    name = request.display_name or request.job or name
    return name[:_MAX_DISPLAY_NAME]
