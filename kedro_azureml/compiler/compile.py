"""The chain of a compilation: load, select, group, wire, check, build."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from kedro.pipeline import Pipeline

from kedro_azureml.compiler.changes import Changes, change_document
from kedro_azureml.compiler.checks.azureml_yml import check_names
from kedro_azureml.compiler.checks.check import CheckRequest, run_checks
from kedro_azureml.compiler.checks.command_line import check_request
from kedro_azureml.compiler.checks.dataset_types import check_dataset_types
from kedro_azureml.compiler.checks.datasets import check_confirms, check_datasets, check_paths
from kedro_azureml.compiler.checks.limits import check_limits
from kedro_azureml.compiler.checks.parameters import check_parameters, check_runtime_parameters
from kedro_azureml.compiler.checks.runner import check_runner
from kedro_azureml.compiler.code import check_conf_source, snapshot_findings, snapshot_of
from kedro_azureml.compiler.components import components_of
from kedro_azureml.compiler.data.dependents import dependents
from kedro_azureml.compiler.data.parameter_inputs import datasets_of, expose
from kedro_azureml.compiler.data.publications import find_publications
from kedro_azureml.compiler.data.wiring import wire
from kedro_azureml.compiler.document import build, name_of_job
from kedro_azureml.compiler.export import find_export
from kedro_azureml.compiler.grouping.groups import check_effect
from kedro_azureml.compiler.grouping.pipeline_ml import check_pipeline_ml
from kedro_azureml.compiler.grouping.sharing import check_sharing
from kedro_azureml.compiler.grouping.steps_of_job import steps_of_job
from kedro_azureml.compiler.job_parts import JobParts
from kedro_azureml.compiler.load_versions import find_load_versions
from kedro_azureml.compiler.placement.computes import place_steps
from kedro_azureml.compiler.placement.distribution import describe, distribute
from kedro_azureml.compiler.placement.identities import check_mixed_identities
from kedro_azureml.compiler.placement.secrets import place_secrets
from kedro_azureml.compiler.request import Compilation, CompileRequest, StepSummary
from kedro_azureml.compiler.selection import select, with_missing_outputs, with_several
from kedro_azureml.compiler.sharding import shardings_of
from kedro_azureml.compiler.step_records import code_of, make_records
from kedro_azureml.config import AzureMLConfig, GroupingConfig
from kedro_azureml.dataset_names import base_name
from kedro_azureml.diagnostics import DiagnosticError, as_errors
from kedro_azureml.job.model import DataType, PipelineJob
from kedro_azureml.job.references import without_prefix
from kedro_azureml.job.step_record import StepRecord
from kedro_azureml.job.trials import trials_of
from kedro_azureml.project import Project
from kedro_azureml.project.catalog import patterns_matched_once

if TYPE_CHECKING:
    from kedro_azureml.compiler.sweep.sweep import Sweep


@patterns_matched_once()
def compile_project(
    request: CompileRequest, project: Project | None = None, *, with_errors: bool = False
) -> Compilation:
    """Compile a Kedro pipeline to an Azure ML pipeline job.

    Args:
        request: What to compile.
        project: The request's project, if it is open already: nothing of it is loaded twice.
        with_errors: Return a job that has errors too, if there is a job at all: to show it, not to
            run it.

    Raises:
        DiagnosticError: Everything that would keep the job from running, at once.
    """
    opened = project or Project(request.project_path, request.env)
    sweep = _sweep(request)
    asked_params = request.params
    if sweep is not None:
        request = replace(request, params=sweep.with_first(request.params))
    loaded = sweep.load(opened, request.params) if sweep else opened.load(request.params)
    config = _config(request, opened)
    check_conf_source(loaded, config)
    try:
        loaded = replace(loaded, pipelines=with_several(loaded.pipelines, request.pipeline))
        pipeline = select(loaded.pipelines, request.pipeline, request.selection)
        if request.only_missing_outputs:
            pipeline = with_missing_outputs(pipeline, opened.load(request.params, secrets=True))
    except DiagnosticError as error:
        # A pipeline that does not import is why a name or its nodes are missing.
        raise DiagnosticError([*loaded.warnings, *error.diagnostics]) from error
    versions, problems = find_load_versions(request, pipeline.datasets(), pipeline.all_outputs())
    grouping = _grouping(request, config)
    groups, tuned_step = steps_of_job(request, config, pipeline, grouping, loaded)
    placements = place_steps(groups, request, config)
    wiring = wire(
        groups,
        loaded.catalog,
        loaded.path,
        local_inputs=config.azure.local_inputs,
        load_versions=versions,
        keep_files=grouping.keep_files,
        needs_copies=request.local,
    )
    distributions = distribute(groups, loaded.catalog, placements)
    given = components_of(groups, request, config, loaded.pipelines)
    called = [group for group in groups if group.name not in given.of]
    shardings = shardings_of(called, loaded, wiring.datasets)
    placeholders = {"job": name_of_job(request, loaded), "pipeline": request.pipeline}
    written = _written(loaded.pipelines.values())
    for_components: Mapping[str, DataType] = {}
    left = wiring
    if given.of:
        from kedro_azureml.compiler.components import replace as components

        for_components = components.types_for_components(wiring, given)
        left = components.without_given(wiring, given)
    publications = find_publications(wiring, loaded.catalog, placeholders, written, for_components)
    export, export_problems = find_export(
        request, config, left, publications, placeholders, written
    )
    swept = sweep.types if sweep else {}
    asked = {
        **dict.fromkeys(config.azure.job_inputs, ""),
        **request.exposed,
        **dict.fromkeys(swept, request.sweep_place),
    }
    others = sweep.others if sweep else {}
    used = list(datasets_of(pipeline.nodes))
    changes = dependents(opened, request.params, asked, others, used)
    parameters = expose(
        asked,
        groups,
        loaded.catalog,
        loaded.pipelines,
        wiring.names | publications.manifest_names,
        swept,
        changes,
    )
    snapshot = snapshot_of(code_of(request, config), config.azure.code_directory)
    secrets = place_secrets(wiring, placements, config, loaded, snapshot, local=request.local)
    parts = JobParts(
        wiring,
        placements,
        distributions,
        publications,
        parameters,
        secrets.of,
        export.datasets if export else (),
        shardings.in_parts,
    )
    records = make_records(request, loaded, config, parts, grouping.runner)
    job = build(request, loaded, config, parts, records)
    wanted = Changes(tuned_step, groups, given, export, shardings, sweep)
    changed = change_document(job, records, wanted, parts, request, config, opened)
    job, records = changed.job, changed.records
    if sweep is not None:
        problems += sweep.check(changes)
        problems += sweep.unknown(opened, asked_params, parameters)
    problems = [
        *loaded.warnings,
        *problems,
        *placements.problems,
        *distributions.problems,
        *given.problems,
        *shardings.problems,
        *wiring.problems,
        *parameters.problems,
        *publications.problems,
        *export_problems,
        *changed.problems,
        *check_names(config, loaded.pipelines),
        *check_effect(loaded.pipelines[request.pipeline], grouping),
        *check_sharing(groups, request, config),
        *check_pipeline_ml(pipeline, request.pipeline, len(groups)),
        *check_runner(grouping.runner, request),
        *check_request(request),
        *check_parameters(pipeline, loaded.catalog.parameters),
        *check_confirms(pipeline, wiring.datasets, loaded),
        *check_runtime_parameters(asked_params, pipeline, loaded.conf_source),
        *check_dataset_types(
            item for dataset in wiring.datasets.values() for item in dataset.configs.items()
        ),
        *check_datasets(wiring),
        *check_paths(wiring),
        *secrets.problems,
        *check_mixed_identities(placements, config),
        *check_limits(wiring, job),
        *snapshot_findings(snapshot, loaded, config, wiring, request),
        *run_checks(
            CheckRequest(
                project_path=loaded.path,
                pipeline=pipeline,
                config=config,
                dataset_config=loaded.catalog.resolve,
                job=job,
                records=records,
                local=request.local,
            )
        ),
    ]
    if request.strict:
        problems = as_errors(problems)
    if not with_errors and any(problem.severity == "error" for problem in problems):
        raise DiagnosticError(problems)
    return Compilation(
        job=job,
        diagnostics=tuple(problems),
        steps=tuple(_summaries(job, records)),
        raw_inputs={
            raw.mount: raw.size for raw in wiring.raw_inputs.values() if raw.address is None
        },
        azure_inputs={
            raw.mount: raw.address for raw in wiring.raw_inputs.values() if raw.address is not None
        },
        snapshot_files=len(snapshot.files) if snapshot else 0,
        snapshot_bytes=sum(f.size for f in snapshot.files) if snapshot else 0,
    )


def _sweep(request: CompileRequest) -> Sweep | None:
    """Return the sweep that is asked for; a job without one does not import what makes it."""
    if request.sweep is None:
        return None
    from kedro_azureml.compiler.sweep.sweep import Sweep

    return Sweep.of(request)


def _config(request: CompileRequest, project: Project) -> AzureMLConfig:
    if not request.local:
        return project.required_config(request.params)
    return project.config(request.params) or AzureMLConfig.default()


def _grouping(request: CompileRequest, config: AzureMLConfig) -> GroupingConfig:
    grouping = request.grouping or config.azure.grouping
    changes = {"by": request.group_by, "runner": request.runner}
    return grouping.model_copy(update={key: value for key, value in changes.items() if value})


def _written(pipelines: Iterable[Pipeline]) -> set[str]:
    return {base_name(name) for pipeline in pipelines for name in pipeline.all_outputs()}


def _summaries(job: PipelineJob, records: Mapping[str, StepRecord]) -> Iterable[StepSummary]:
    for name, step in job.jobs.items():
        record = records.get(name) or step.component.record()
        assert record is not None  # noqa: S101 - the compiler writes no other step
        compute = step.compute or job.settings.default_compute or "-"
        yield StepSummary(
            name=name,
            record=record,
            compute=without_prefix(compute),
            processes=describe(step.component.resources, step.component.distribution)
            or trials_of(step),
        )
