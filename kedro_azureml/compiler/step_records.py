"""The record of each step: what it runs, reads and writes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node

from kedro_azureml.compiler.data.job_datasets import Dataset
from kedro_azureml.compiler.data.wiring import StepWiring
from kedro_azureml.compiler.job_parts import JobParts
from kedro_azureml.compiler.request import CompileRequest
from kedro_azureml.compiler.selection import registered_with
from kedro_azureml.config import AzureMLConfig
from kedro_azureml.config.models.grouping import DEFAULT_RUNNER, RUNNERS
from kedro_azureml.job.command_words import Publication
from kedro_azureml.job.expressions import input_expression, output_expression
from kedro_azureml.job.parameter_inputs import (
    ParameterInput,
)
from kedro_azureml.job.step_record import DEFAULT_PIPELINE, StepRecord
from kedro_azureml.project.loaded import LoadedProject
from kedro_azureml.step.session.nodes import is_same


def make_records(
    request: CompileRequest,
    project: LoadedProject,
    config: AzureMLConfig,
    parts: JobParts,
    runner: str,
) -> dict[str, StepRecord]:
    """Make each step's record, by its name.

    Args:
        request: What is compiled.
        project: The project.
        config: azureml.yml.
        parts: What the job consists of.
        runner: What runs the nodes.
    """
    smaller = smaller_pipelines(project.pipelines, request.pipeline)
    code = code_of(request, config)
    common = StepRecord(
        pipeline=request.pipeline,
        nodes=(),
        env=project.env,
        conf_source=request.conf_source,
        parameters=parts.parameters.left(request.params),
        storage=config.azure.storage_url,
        working_directory=config.azure.working_directory if code is None else None,
        code=None if code is None else relative_path(code, request.base),
        runner_params=dict(request.runner_params),
        mlflow=config.azure.mlflow.for_steps(),
    )
    pipeline_of = partial(registered_with, project.pipelines, request.pipeline)
    return {
        wired.group.name: _record(wired, common, smaller, runner, pipeline_of, parts)
        for wired in parts.wiring.steps
    }


def _record(
    wired: StepWiring,
    common: StepRecord,
    smaller: Mapping[str, str],
    runner: str,
    pipeline_of: Callable[[Sequence[Node]], str],
    parts: JobParts,
) -> StepRecord:
    nodes = wired.group.nodes
    publications = parts.publications
    loaded = {smaller.get(node.name) for node in nodes}
    in_job = {*publications.of, *(dataset.name for dataset in parts.exported), *parts.in_parts}
    stored = [
        d for d in wired.outputs if common.storage and _crosses(d, wired) and d.name not in in_job
    ]
    own = [d for d in wired.outputs if d not in stored and not _is_result(d, wired)]
    uses_storage = stored or any(d.location.kind != "remote" for d in wired.inputs)
    return replace(
        common,
        pipeline=pipeline_of(nodes),
        nodes=tuple(node.name for node in nodes),
        loaded_pipeline=next(iter(loaded)) if len(loaded) == 1 else None,
        parameter_inputs={
            e.parameter: ParameterInput(e.type, input_expression(e.name))
            for e in parts.parameters.of_step[wired.group.name]
        },
        load_versions=dict(wired.load_versions),
        runner=_runner(runner, 2 if common.runner_params else len(nodes)),
        raw_inputs={raw.mount: input_expression(raw.name) for raw in wired.raw_inputs},
        inputs={d.name: input_expression(publications.manifest_name(d)) for d in wired.inputs},
        outputs={d.name: output_expression(publications.manifest_name(d)) for d in own},
        publish={
            d.name: Publication(
                publications.of[d.name].output.type, output_expression(d.azure_name)
            )
            for d in own
            if d.name in publications.of
        },
        published={
            d.name: input_expression(d.azure_name)
            for d in wired.inputs
            if d.name in publications.of
        },
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


def _is_result(dataset: Dataset, wired: StepWiring) -> bool:
    """Tell whether `kedro run` would return the dataset, an object that no step reads."""
    return dataset.location.kind == "object" and dataset.name in wired.unread


def _crosses(dataset: Dataset, wired: StepWiring) -> bool:
    """Tell whether its data goes to a later step, not only to whoever ran the job."""
    return dataset.location.kind != "remote" and dataset.name not in wired.unread


def _folders(datasets: Iterable[Dataset]) -> dict[str, str]:
    return {d.name: output_expression(d.azure_name) for d in datasets}
