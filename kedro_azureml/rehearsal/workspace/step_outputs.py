"""What a step wrote, collected when it has ended."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from kedro_azureml.job.run.model import RunOutput
from kedro_azureml.job.step_record import StepRecord
from kedro_azureml.rehearsal.plan.model import PlannedOutput, PlannedStep
from kedro_azureml.rehearsal.workspace.read_only import Fingerprint, fingerprint, make_read_only
from kedro_azureml.rehearsal.workspace.run_folders import delete_tree
from kedro_azureml.rehearsal.workspace.staging import StepFolders
from kedro_azureml.step.data.folders import MANIFEST, FolderError, part_folders, read_manifest

# Undocumented: files of mode `upload` are shipped at the end of the job, so those of a step that
# crashed may be missing; here they always are.
UPLOAD_SURVIVES_FAILURE = False


@dataclass(frozen=True)
class Collected:
    """An output where later steps find it."""

    path: Path
    fingerprint: Fingerprint


def collect_outputs(
    folders: StepFolders, outputs: Mapping[str, PlannedOutput], *, succeeded: bool
) -> dict[str, Collected]:
    """Move each output out of the step's own folders; those of a success become read-only."""
    collected: dict[str, Collected] = {}
    for output in outputs.values():
        source = folders.data / output.name
        if source.is_symlink() or not source.exists():
            continue
        if output.upload and not (succeeded or UPLOAD_SURVIVES_FAILURE):
            delete_tree(source) if source.is_dir() else source.unlink()
            continue
        target = folders.output(output.name)
        target.parent.mkdir(exist_ok=True)
        source.replace(target)
        if succeeded:
            make_read_only(target)
        collected[output.name] = Collected(target, fingerprint(target))
    return collected


def describe_outputs(
    step: PlannedStep, collected: Mapping[str, Collected], final: Iterable[str]
) -> list[RunOutput]:
    """Describe each output, from its manifest if it has one."""
    finals = set(final)
    manifests = manifests_of_publications(step.record)
    return [
        _describe(step, name, path, name in finals, collected.get(manifests.get(name, "")))
        for name, output in collected.items()
        if name not in manifests.values()
        for path in _parts(output.path)
    ]


def _parts(path: Path) -> list[Path]:
    """Return the folders of the machines that have all written into an output; else itself."""
    try:
        return part_folders(read_manifest(path), path) or [path]
    except FolderError:
        return [path]


def manifests_of_publications(record: StepRecord | None) -> dict[str, str]:
    """Map each output that holds a dataset's files alone to the one that has its manifest."""
    if record is None:
        return {}
    return {name: record.output_names[each] for each, name in record.published_names.items()}


def _describe(
    step: PlannedStep, name: str, path: Path, final: bool, beside: Collected | None
) -> RunOutput:
    try:
        manifest = read_manifest(beside.path if beside else path)
    except FolderError:
        return RunOutput(step.name, name, path, final, combination=step.combination)
    return RunOutput(
        step.name,
        name,
        path,
        final,
        # What one shard of a node has returned is no dataset yet.
        manifest.dataset or None,
        manifest.kind,
        dict(manifest.files),
        manifest.appends,
        manifest.place,
        manifest.root if beside else None,
        step.combination,
    )


def output_warnings(
    outputs: Mapping[str, PlannedOutput], collected: Mapping[str, Collected]
) -> Iterator[str]:
    """Warn of outputs of a successful step that Azure ML would not have."""
    for name, output in outputs.items():
        if name not in collected:
            kind = "file" if output.type == "uri_file" else "folder"
            yield f"the {kind} of its output '{name}' is missing"
        elif not holds_files(collected[name].path):
            yield f"its output '{name}' is empty, and Azure ML has no empty folders"
        elif output.type == "mlflow_model" and not (collected[name].path / "MLmodel").is_file():
            yield f"its output '{name}' is no MLflow model: it has no MLmodel at its top"


def says_what_it_wrote(folders: StepFolders, outputs: Iterable[str]) -> bool:
    """Tell whether each output holds its manifest, which a step of ours writes last."""
    return all((folders.data / name / MANIFEST).is_file() for name in outputs)


def holds_files(path: Path) -> bool:
    """Tell whether data has anything in it that storage would keep."""
    return path.is_file() or any(names for _, _, names in os.walk(path))
