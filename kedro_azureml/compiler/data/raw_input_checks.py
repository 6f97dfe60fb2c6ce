"""What keeps a raw input from the job: missing data, and data that cannot be uploaded."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from kedro_azureml.datasets.paths import LocalPath, overlap
from kedro_azureml.diagnostics import Diagnostic, nearest
from kedro_azureml.job.command_words import fits_into_command
from kedro_azureml.job.snapshot.listing import dropped_data, list_data_folder
from kedro_azureml.project.catalog import CatalogView
from kedro_azureml.step.data.folders import is_unstorable


def check_on_disk(
    name: str, path: LocalPath, source: Path, version: str | None, versioned: bool
) -> Diagnostic | None:
    """Report KAZ302 and KAZ401: the data is not there, or no command can name it."""
    shown = path.value if path.is_external else path.relative
    if not source.exists():
        return Diagnostic(
            "KAZ302",
            f"The dataset '{name}' is read from '{shown}', which does not exist.",
            "Put the file there, or select a part of the pipeline that makes it.",
            where=f"catalog {name}",
        )
    if versioned and (version is None or not (source / version).is_dir()):
        missing = f"version '{version}' of it" if version else "a version of it"
        return Diagnostic(
            "KAZ302",
            f"The dataset '{name}' is versioned, and {missing} is not below '{shown}'.",
            "Run the pipeline that writes it, or name a version with --load-versions.",
            where=f"catalog {name}",
        )
    if source.is_file() and not fits_into_command(source.name):
        return Diagnostic(
            "KAZ401",
            f"The dataset '{name}' is read from '{shown}', whose name no command can hold: "
            "Azure ML puts it there unquoted.",
            "Rename the file, without the quote.",
            where=f"catalog {name}",
        )
    if source.is_dir():
        return _check_folder(name, shown, source)
    return _unstorable(name, [source.name])


def _unstorable(name: str, files: Iterable[str]) -> Diagnostic | None:
    """Report KAZ401 of the first file that storage would keep under another name."""
    file = next(filter(is_unstorable, files), None)
    if file is None:
        return None
    return Diagnostic(
        "KAZ401",
        f"The dataset '{name}' is read from the file '{file}', which a storage account cannot "
        "hold: it takes the backslash for a folder.",
        "Rename the file, without the backslash.",
        where=f"catalog {name}",
    )


def _check_folder(name: str, shown: str, source: Path) -> Diagnostic | None:
    """Say what keeps the data of a folder from the job."""
    if not any(names for _, _, names in os.walk(source, followlinks=True)):
        return Diagnostic(
            "KAZ302",
            f"The dataset '{name}' is read from the folder '{shown}', which holds no file.",
            "Azure ML cannot upload an empty folder: put the data there.",
            where=f"catalog {name}",
        )
    snapshot = list_data_folder(source)
    dropped = dropped_data(snapshot, shown, f"catalog {name}")
    return dropped or _unstorable(name, (file.path for file in snapshot.files))


def missing_from_catalog(name: str, catalog: CatalogView) -> Diagnostic:
    """Report KAZ301: nothing says where the data of a root dataset is."""
    where = f"catalog {name}"
    message = f"The pipeline reads '{name}', which no selected node makes and"
    if name not in catalog.names:
        suggestion = nearest(name, catalog.names)
        hint = suggestion if suggestion.startswith("Did") else ""
        remedy = f"{hint} Add it to the catalog, or select the nodes that make it.".strip()
        return Diagnostic(
            "KAZ301", f"{message} which the catalog does not hold.", remedy, where=where
        )
    message += " whose entry in the catalog is a memory dataset without data."
    remedy = "Give it an entry that says where its data is, or select the nodes that make it."
    if catalog.may_be_filled_late(name):
        message += " It fails unless a hook of the project puts it there before the pipeline runs."
        return Diagnostic("KAZ301", message, remedy, severity="warning", where=where)
    return Diagnostic("KAZ301", message, remedy, where=where)


def made_too_late(name: str, path: LocalPath, written: Mapping[str, str]) -> Diagnostic | None:
    """Report KAZ309: the job itself writes what is missing, as another dataset.

    Args:
        name: The dataset that is read.
        path: Where it is read from.
        written: Project-relative path to the dataset that the job writes there.
    """
    writer = next((n for other, n in written.items() if overlap(path.relative, other)), None)
    if writer is None:
        return None
    return Diagnostic(
        "KAZ309",
        f"The dataset '{name}' is read from '{path.relative}', where nothing is yet. This job "
        f"writes '{writer}' there under another name, which the reader does not get.",
        "Let the reader's node take the dataset that is written, by its own name.",
        where=f"catalog {name}",
    )


def outside_project(name: str, path: LocalPath) -> Diagnostic:
    """Report KAZ303: the data is uploaded from a place that only this machine has."""
    return Diagnostic(
        "KAZ303",
        f"The dataset '{name}' is read from '{path.value}', outside the project.",
        "It is uploaded from there, so the compiled file works on this machine only: move the data "
        "into the project, or to a storage account.",
        severity="warning",
        where=f"catalog {name}",
    )
