"""What the nodes of a step wrote: told in a manifest, and checked when all is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from kedro_azureml.step.data.folders import Manifest, is_unstorable, list_files, write_manifest
from kedro_azureml.step.data.swap import CatalogSwap
from kedro_azureml.step.errors import StepError


def describe_output(
    name: str, folder: Path, swap: CatalogSwap, partitions: Iterable[str] = ()
) -> Manifest:
    """Write the manifest of an output whose folder has its data too.

    Args:
        name: The dataset.
        folder: The folder.
        swap: Knows the dataset.
        partitions: Those that a shard has saved.
    """
    kind, files = swap.kind_of(name), list_files(folder)
    root = swap.root_of(name, folder, files) if kind == "local" else ""
    appends = swap.appends(name)
    return write_manifest(
        folder, name, kind, appends=appends, files=files, root=root, partitions=partitions
    )


def check_written(manifests: Mapping[str, Manifest], swap: CatalogSwap) -> None:
    """Make sure that later steps can read what was written.

    Raises:
        StepError: A storage account cannot hold a file, or a dataset has none.
    """
    for name, manifest in manifests.items():
        if file := next(filter(is_unstorable, manifest.files), None):
            raise StepError(
                f"dataset '{name}' wrote the file '{file}', which a storage account cannot "
                "hold: it takes the backslash for a folder. Leave it out of the path in the "
                "dataset's catalog entry, or of the partition's name."
            )
        is_object = manifest.stored is not None and manifest.kind == "object"
        empty = not manifest.files and not is_object and not swap.may_be_empty(name)
        if manifest.kind != "remote" and empty:
            raise StepError(
                f"dataset '{name}' wrote nothing into its folder: its class keeps the data "
                "elsewhere than its catalog entry says, so no later step can read it. Give "
                "the class the path as an argument of its catalog entry."
            )
