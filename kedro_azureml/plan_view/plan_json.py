"""A compiled job as JSON: `compile --json` and `plan --json`.

The published schema, `docs/schemas/plan.schema.json`, is generated from the models here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, TypeAdapter

from kedro_azureml.compiler import Compilation
from kedro_azureml.diagnostics import Diagnostic, Severity
from kedro_azureml.job.export import Export
from kedro_azureml.job.published import Published
from kedro_azureml.job.registered import registered_outputs
from kedro_azureml.job.run.parts_json import AssetJson, ExportJson, assets_json, export_json
from kedro_azureml.plan_view.graph import Graph, GraphStep, make_graph


class FindingJson(Published):
    """An error or a warning."""

    code: Annotated[str, Field(description="Its code, for `kedro azureml explain`.")]
    severity: Annotated[Severity, Field(description="An error stops a job; a warning does not.")]
    message: Annotated[str, Field(description="What is wrong.")]
    remedy: Annotated[str, Field(description="What to do.")]
    where: Annotated[str | None, Field(description="File, line and key, or an option.")] = None


class PlanStepJson(Published):
    """One step of a job that has not run."""

    name: Annotated[str, Field(description="Its name in the document.")]
    nodes: Annotated[list[str], Field(description="Its Kedro nodes.")]
    compute: Annotated[str, Field(description="Where it runs.")]
    after: Annotated[list[str], Field(description="The steps whose outputs it reads.")]
    inputs: Annotated[
        list[str], Field(description="What it reads: datasets, and raw inputs by their paths.")
    ]
    outputs: Annotated[list[str], Field(description="The datasets that leave it.")]
    settings: Annotated[
        dict[str, str],
        Field(description="What else the document says of it, by its name there; no values."),
    ]


class CodeJson(Published):
    """The code that is uploaded."""

    files: Annotated[int, Field(description="How many files.")]
    bytes: Annotated[int, Field(description="Their size.")]


class PlanJson(Published):
    """A job that has not run."""

    name: Annotated[str, Field(description="What the job is called.")]
    file: Annotated[
        str | None, Field(description="The document that was written, absolute; null for `plan`.")
    ] = None
    steps: Annotated[list[PlanStepJson], Field(description="Each after those that it needs.")]
    longest_path: Annotated[
        list[str], Field(description="The most steps that must run one after another.")
    ]
    raw_inputs: Annotated[
        dict[str, int], Field(description="Files of the project that are inputs, to their bytes.")
    ]
    azure_inputs: Annotated[
        dict[str, str],
        Field(description="Paths of the project that lie in Azure instead, to their addresses."),
    ]
    assets: Annotated[
        list[AssetJson], Field(description="What the job registers in the workspace.")
    ]
    export: Annotated[
        ExportJson | None, Field(description="Where the job puts its results together.")
    ]
    code: Annotated[CodeJson, Field(description="The code that is uploaded.")]
    findings: Annotated[list[FindingJson], Field(description="Errors and warnings.")]


SCHEMAS: dict[str, TypeAdapter[Any]] = {"plan": TypeAdapter(PlanJson)}


def plan_json(
    compilation: Compilation, graph: Graph | None = None, file: Path | None = None
) -> PlanJson:
    """Return a compiled job, and where its document was written."""
    graph = graph or make_graph(compilation)
    return PlanJson(
        name=graph.name,
        file=None if file is None else str(file),
        steps=[_step(step) for step in graph.steps.values()],
        longest_path=graph.longest_path(),
        raw_inputs=dict(compilation.raw_inputs),
        azure_inputs=dict(compilation.azure_inputs),
        assets=assets_json(registered_outputs(compilation.job)),
        export=export_json(Export.in_tags(compilation.job.tags)),
        code=CodeJson(files=compilation.snapshot_files, bytes=compilation.snapshot_bytes),
        findings=[_finding(diagnostic) for diagnostic in compilation.diagnostics],
    )


def _step(step: GraphStep) -> PlanStepJson:
    return PlanStepJson(
        name=step.name,
        nodes=list(step.nodes),
        compute=step.compute,
        after=list(step.needs),
        inputs=list(step.inputs),
        outputs=list(step.outputs),
        settings=dict(step.settings),
    )


def _finding(diagnostic: Diagnostic) -> FindingJson:
    return FindingJson(
        code=diagnostic.code,
        severity=diagnostic.severity,
        message=diagnostic.message,
        remedy=diagnostic.remedy,
        where=diagnostic.where,
    )
