"""Data that people get at: outputs that hold a dataset's files and nothing else.

A registered asset or model has the user's files at its root: an MLflow model begins with its
``MLmodel``. So a dataset that is published has two outputs, one for its files and one for its
manifest, from which a later step knows what it reads.
"""

from __future__ import annotations

import posixpath
import shutil
from collections.abc import Mapping
from pathlib import Path

from kedro_azureml.job.command_words import Publication
from kedro_azureml.step.data.folders import Manifest, list_files, write_manifest
from kedro_azureml.step.data.swap import CatalogSwap
from kedro_azureml.step.errors import StepError

_MLFLOW_MODEL, _MODEL_FILE = "mlflow_model", "MLmodel"
_FILE = "uri_file"


def publish(
    publications: Mapping[str, Publication],
    manifests: Mapping[str, Path],
    written: Mapping[str, Path],
    swap: CatalogSwap,
) -> dict[str, Manifest]:
    """Copy what the nodes wrote to where people find it, and say what is there.

    Args:
        publications: Dataset to the output for its files.
        manifests: Dataset to the folder of its manifest.
        written: Dataset to the folder that the nodes wrote to.
        swap: Knows the datasets.

    Raises:
        StepError: A dataset is not what its output is to be, or it cannot be copied.
    """
    done: dict[str, Manifest] = {}
    for name, publication in publications.items():
        if swap.kind_of(name) != "local":
            raise StepError(
                f"dataset '{name}' cannot be published: its files are not in the job. A hook of "
                "the project has put another dataset into the catalog."
            )
        folder = written[name]
        files = list_files(folder)
        root = swap.root_of(name, folder, files)
        if not files:
            raise StepError(
                f"dataset '{name}' wrote no file, and Azure ML has no empty folders that it could "
                "register: leave the dataset's node out when there is nothing to save."
            )
        if publication.type == _FILE:
            if len(files) != 1:
                raise StepError(
                    f"dataset '{name}' wrote {len(files)} files, and its output is one file: say "
                    "'type: uri_folder' in the 'metadata.azureml' of its catalog entry."
                )
            root = next(iter(files))
        if publication.type == _MLFLOW_MODEL and posixpath.join(root, _MODEL_FILE) not in files:
            raise StepError(
                f"dataset '{name}' wrote no MLflow model: there is no {_MODEL_FILE} at the top of "
                "its folder. Say 'type: custom_model' in the 'metadata.azureml' of its catalog "
                "entry, or save it with a dataset of MLflow's."
            )
        _copy(Manifest(name, "local", files, root=root), folder, Path(publication.place))
        appends = swap.appends(name)
        done[name] = write_manifest(
            manifests[name], name, "local", files=files, root=root, appends=appends
        )
    return done


def link_files(files: Mapping[str, Path], folder: Path) -> Path:
    """Lay files out at their project-relative paths, as links.

    Each file is a link, and no folder is one: what looks for versions and partitions does not look
    behind linked folders.

    Args:
        files: Project-relative path to where the file is.
        folder: The folder to lay them out in.

    Returns:
        The folder.
    """
    folder.mkdir(parents=True)
    for name, path in files.items():
        link = folder / name
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(path.absolute())
    return folder


def _copy(manifest: Manifest, folder: Path, place: Path) -> None:
    try:
        for name in manifest.files:
            target = place / manifest.inside(name)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(folder / name, target)
    except OSError as error:
        reason = error.strerror or error
        raise StepError(f"dataset '{manifest.dataset}' cannot be published: {reason}.") from error
