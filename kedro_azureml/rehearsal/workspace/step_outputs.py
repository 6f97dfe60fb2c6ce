"""What a step wrote, collected when it has ended."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from kedro_azureml.job.run.model import RunOutput
from kedro_azureml.rehearsal.plan.model import PlannedOutput
from kedro_azureml.rehearsal.workspace.read_only import Fingerprint, fingerprint, make_read_only
from kedro_azureml.rehearsal.workspace.run_folders import delete_tree
from kedro_azureml.rehearsal.workspace.staging import StepFolders
from kedro_azureml.step.data.folders import MANIFEST, FolderError, read_manifest

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
    step: str, collected: Mapping[str, Collected], final: Iterable[str]
) -> list[RunOutput]:
    """Describe each output, from its manifest if it has one."""
    finals = set(final)
    return [
        _describe(step, name, output.path, name in finals) for name, output in collected.items()
    ]


def _describe(step: str, name: str, path: Path, final: bool) -> RunOutput:
    try:
        manifest = read_manifest(path)
    except FolderError:
        return RunOutput(step, name, path, final)
    return RunOutput(
        step,
        name,
        path,
        final,
        manifest.dataset,
        manifest.kind,
        dict(manifest.files),
        manifest.appends,
        manifest.place,
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


def says_what_it_wrote(folders: StepFolders, outputs: Iterable[str]) -> bool:
    """Tell whether each output holds its manifest, which a step of ours writes last."""
    return all((folders.data / name / MANIFEST).is_file() for name in outputs)


def holds_files(path: Path) -> bool:
    """Tell whether data has anything in it that storage would keep."""
    return path.is_file() or any(names for _, _, names in os.walk(path))
