"""``azure.export``: a last step that puts the final outputs of a job together.

The step is added to the document, so that a rehearsal, a submission and `az ml` all have it. It
registers what it makes by itself: whoever submitted the job may be gone by then.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from kedro_azureml.compiler.data.job_datasets import Dataset
from kedro_azureml.compiler.data.publications import (
    Publications,
    fixed_path,
    one_name,
    refused,
)
from kedro_azureml.compiler.data.wiring import Wiring
from kedro_azureml.compiler.placement.computes import (
    Placement,
    Placements,
    place_added_step,
    settings_of,
)
from kedro_azureml.compiler.request import CompileRequest
from kedro_azureml.config import AzureMLConfig, ExportConfig
from kedro_azureml.diagnostics import Diagnostic, nearest
from kedro_azureml.formatting import listed
from kedro_azureml.job.data_address import BadAddressError
from kedro_azureml.job.export import EXPORT_VARIABLE, Export
from kedro_azureml.job.expressions import input_expression, output_expression, step_output_binding
from kedro_azureml.job.model import (
    BoundInput,
    Component,
    Input,
    Literal_,
    Output,
    PipelineJob,
    Step,
)
from kedro_azureml.job.output_path import asset_name, below_datastore, filled, is_fixed
from kedro_azureml.job.step_record import StepRecord
from kedro_azureml.job.tags import PIPELINE_TAG, step_tags

_STEP = "export"
_OUTPUT = "export"
_SHOWN = 4


@dataclass(frozen=True)
class ExportRequest:
    """An export that a job is to have.

    Attributes:
        export: Where it goes.
        datasets: What is put together.
    """

    export: Export
    datasets: tuple[Dataset, ...]


def find_export(
    request: CompileRequest,
    config: AzureMLConfig,
    wiring: Wiring,
    publications: Publications,
    placeholders: Mapping[str, str],
    written_somewhere: Collection[str],
) -> tuple[ExportRequest | None, list[Diagnostic]]:
    """Find what a job exports: what azureml.yml names, else what it leaves for people.

    Args:
        request: What is compiled.
        config: azureml.yml.
        wiring: The data of the job.
        publications: What the job publishes.
        placeholders: What stands in place of ``{job}`` and ``{pipeline}``.
        written_somewhere: Datasets that a node of any pipeline writes: what azureml.yml names for
            every job is left out of a job that does not write it.

    Returns:
        The export, None without one, and the findings: KAZ322 to KAZ328.
    """
    wanted = request.export or config.azure.export
    if wanted is None:
        return None, []
    path = filled(below_datastore(wanted.datastore, wanted.path), placeholders)
    name: str | None = None
    problems: list[Diagnostic] = []
    where = _place(request, config, "register")
    try:
        name = asset_name(wanted.register_as, placeholders) if wanted.register_as else None
    except BadAddressError as error:
        problems.append(refused(error, where))
    if name is not None and (other := publications.named(name)):
        problems.append(one_name("the export", f"'{other}'", name, where))
    if is_fixed(path):
        problems.append(fixed_path(path, "uri_folder", _place(request, config, "path")))
    if wanted.datasets is None:
        datasets, findings = _final(wiring, _place(request, config))
    else:
        elsewhere = () if request.export else written_somewhere
        datasets, findings = _named(wanted, wiring, elsewhere, _place(request, config, "datasets"))
    problems += findings
    if not datasets and not any(problem.severity == "error" for problem in problems):
        problems.append(
            Diagnostic(
                "KAZ327",
                "Nothing can be exported: no dataset that the job leaves has a path in the "
                "catalog.",
                "Declare the datasets that matter in the catalog, or leave the export out.",
                # A part of a pipeline may have no results, and is rehearsed all the same.
                severity="warning" if wanted.datasets is None else "error",
                where=_place(request, config),
            )
        )
    return ExportRequest(Export(path, name), tuple(datasets)), problems


def with_export(
    job: PipelineJob, wanted: ExportRequest, publications: Publications, placement: Placement
) -> PipelineJob:
    """Return the document with a last step that exports.

    Args:
        job: The document.
        wanted: What is exported, and where.
        publications: Tells which outputs hold a dataset.
        placement: Where the step runs.
    """
    inputs: dict[str, Input] = {}
    bindings: dict[str, Literal_ | BoundInput] = {}
    manifests: dict[str, str] = {}
    published: dict[str, str] = {}
    for dataset in wanted.datasets:
        manifests[dataset.name] = input_expression(publications.manifest_name(dataset))
        if dataset.name in publications.of:
            published[dataset.name] = input_expression(dataset.azure_name)
        for name, kind in publications.types_of(dataset).items():
            inputs[name] = Input(type=kind)
            bindings[name] = step_output_binding(str(dataset.producer), name)
    record = StepRecord(
        pipeline=job.tags[PIPELINE_TAG],
        nodes=(),
        inputs=manifests,
        published=published,
        export=output_expression(_OUTPUT),
    )
    name = _STEP
    while name in job.jobs:
        name = f"{name}_"
    export = wanted.export
    step = Step(
        display_name=name,
        component=Component(
            display_name=name,
            is_deterministic=False,
            command=record.command(),
            environment=placement.environment,
            inputs=inputs,
            outputs={_OUTPUT: Output()},
            resources=placement.resources,
        ),
        compute=placement.compute if placement.compute != job.settings.default_compute else None,
        inputs=bindings,
        outputs={_OUTPUT: Output(path=export.path, name=export.asset)},
        tags=step_tags(name),
        **settings_of(
            replace(
                placement,
                environment_variables={
                    **placement.environment_variables,
                    EXPORT_VARIABLE: export.path,
                },
            )
        ),
    )
    tags = {**export.tags, **job.tags}
    return job.model_copy(update={"tags": tags, "jobs": {**job.jobs, name: step}})


def place_export(
    wanted: ExportRequest, request: CompileRequest, config: AzureMLConfig, placements: Placements
) -> tuple[Placement, list[Diagnostic]]:
    """Decide where the export runs: on the default compute, in the environment of another step.

    Returns:
        The placement, and KAZ104 for a compute that azureml.yml does not have.
    """
    section = request.export or config.azure.export
    writer = placements.of[str(wanted.datasets[0].producer)]
    own = section.compute if section else None
    if own is not None and own not in config.azure.compute:
        where = _place(request, config, "compute")
        message = f"'{own}' is no alias of azure.compute."
        remedy = nearest(own, config.azure.compute) or "Add it to azure.compute."
        return writer, [Diagnostic("KAZ104", message, remedy, where=where)]
    return place_added_step(str(wanted.datasets[0].producer), request, config, placements, own), []


def _final(wiring: Wiring, where: str) -> tuple[list[Dataset], list[Diagnostic]]:
    """Return what no step reads and what is published, and KAZ328 for what has no files."""
    final = [
        dataset
        for step in wiring.steps
        for dataset in step.outputs
        if dataset.name in step.unread or dataset.is_published
    ]
    local = [dataset for dataset in final if dataset.location.kind == "local"]
    rest = [dataset.name for dataset in final if dataset.location.kind == "object"]
    if not local or not rest:
        return local, []
    verb = "is" if len(rest) == 1 else "are"
    return local, [
        Diagnostic(
            "KAZ328",
            f"{listed(rest, _SHOWN)} {verb} not exported: the catalog gives no path.",
            "Declare what matters in the catalog, or name the datasets under 'datasets'.",
            severity="warning",
            where=where,
        )
    ]


def _named(
    section: ExportConfig, wiring: Wiring, elsewhere: Collection[str], where: str
) -> tuple[list[Dataset], list[Diagnostic]]:
    """Return the datasets that azureml.yml names, and KAZ327 for those that cannot be exported."""
    leaving = {dataset.name: dataset for step in wiring.steps for dataset in step.outputs}
    named = dict.fromkeys(section.datasets or ())
    names = [name for name in named if name in leaving or name not in elsewhere]
    return (
        [leaving[n] for n in names if n in leaving and leaving[n].location.kind == "local"],
        list(_unexportable(names, leaving, where)),
    )


def _unexportable(
    names: list[str], leaving: Mapping[str, Dataset], where: str
) -> Iterator[Diagnostic]:
    for name in names:
        if name not in leaving:
            message = f"The job writes no dataset '{name}' that could be exported."
            remedy = nearest(name, leaving) or "Name one that it writes."
            yield Diagnostic("KAZ327", message, remedy, where=where)
        elif leaving[name].location.kind != "local":
            yield Diagnostic(
                "KAZ327",
                f"'{name}' cannot be exported: the catalog gives it no path in the project.",
                "Give its catalog entry a type that saves files, and a path.",
                where=where,
            )


def _place(request: CompileRequest, config: AzureMLConfig, *keys: str) -> str:
    own = ("jobs", request.job, "export") if request.export and request.job else ("export",)
    return config.place("azure", *own, *keys)
