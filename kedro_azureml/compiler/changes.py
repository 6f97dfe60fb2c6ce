"""What changes a document that is built: each a pure function of the document, one after the other.

Tuning and hand-written components replace steps, the export adds one, shards and sweeps copy them.
The export is a reader like any other for the shards, and so is each of these steps for a sweep.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kedro_azureml.compiler.components.model import GivenComponents
from kedro_azureml.compiler.export import ExportRequest, place_export, with_export
from kedro_azureml.compiler.grouping.groups import Group
from kedro_azureml.compiler.job_parts import JobParts
from kedro_azureml.compiler.request import CompileRequest
from kedro_azureml.compiler.sharding.model import Shardings
from kedro_azureml.config import AzureMLConfig
from kedro_azureml.diagnostics import Diagnostic
from kedro_azureml.job.model import PipelineJob
from kedro_azureml.job.step_record import StepRecord
from kedro_azureml.project import Project

if TYPE_CHECKING:
    from kedro_azureml.compiler.sweep.copies import StepCopy
    from kedro_azureml.compiler.sweep.sweep import Sweep


@dataclass(frozen=True)
class Changes:
    """What is to change.

    Attributes:
        tuned_step: The step that is tuned, if the request says how.
        groups: The nodes of each step.
        given: The components that take the place of nodes.
        export: What is put together at the end.
        shardings: The steps that become several.
        sweep: The values for which steps are copied.
    """

    tuned_step: str | None
    groups: Sequence[Group]
    given: GivenComponents
    export: ExportRequest | None
    shardings: Shardings
    sweep: Sweep | None


@dataclass
class Changed:
    """A document, what each of its steps runs, and what is to be said."""

    job: PipelineJob
    records: dict[str, StepRecord]
    problems: list[Diagnostic] = field(default_factory=list)


def change_document(
    job: PipelineJob,
    records: Mapping[str, StepRecord],
    changes: Changes,
    parts: JobParts,
    request: CompileRequest,
    config: AzureMLConfig,
    project: Project,
) -> Changed:
    """Change a document.

    Args:
        job: The document, with a step for each group of nodes.
        records: What each step runs.
        changes: What is to change.
        parts: What the job consists of.
        request: What is compiled.
        config: azureml.yml.
        project: The project.

    Raises:
        DiagnosticError: A change is impossible.
    """
    changed = Changed(job, dict(records))
    if request.tune and changes.tuned_step:
        from kedro_azureml.compiler.tuning.tune import tuned

        changed.job, changed.problems = tuned(
            job,
            changes.tuned_step,
            request.tune,
            changes.groups,
            changes.given.of,
            changes.shardings.of,
            parts,
            request,
            config,
            project,
        )
    if changes.given.of:
        from kedro_azureml.compiler.components.replace import with_components

        catalog = project.load(request.params).catalog
        changed.job, unfit = with_components(
            changed.job,
            changes.given,
            parts.wiring,
            parts.parameters,
            catalog,
            changes.shardings.in_parts,
            changes.sweep.literals if changes.sweep else {},
        )
        changed.problems += unfit
    if changes.export and changes.export.datasets:
        place, unplaced = place_export(changes.export, request, config, parts.placements)
        changed.problems += unplaced
        changed.job = with_export(changed.job, changes.export, parts.publications, place)
    if changes.shardings.of:
        from kedro_azureml.compiler.sharding.split import with_shards

        changed.job = with_shards(changed.job, changes.shardings.of.values())
    if changed.job is not job:
        found = changed.job.step_records()
        changed.records = {n: r for n, own in found.items() if (r := own or records.get(n))}
    if changes.sweep and not any(p.severity == "error" for p in parts.parameters.problems):
        before = changed.job
        # The record of a node whose place a component takes is not what that step runs.
        in_place = {n: r for n, r in changed.records.items() if n in changes.given.of}
        own = {n: r for n, r in changed.records.items() if n not in in_place}
        copies = changes.sweep.apply(before, own, parts, request, config)
        changed.problems += changes.sweep.problems(before, copies.of, own, parts.wiring)
        changed.job = copies.job
        changed.records = {**copies.records, **_of_copies(in_place, copies.of)}
    return changed


def _of_copies(
    records: Mapping[str, StepRecord], copies: Mapping[str, Sequence[StepCopy]]
) -> dict[str, StepRecord]:
    """Return a record for each copy of its step, or for the step itself if it has none."""
    return {
        name: record
        for step, record in records.items()
        for name in ([copy.name for copy in copies[step]] if step in copies else [step])
    }
