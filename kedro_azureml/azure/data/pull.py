"""Fetches data of a workspace to where the catalog has it: whole or not at all, and once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

from kedro_azureml.azure.connect.client import Connection
from kedro_azureml.azure.connect.datastore import use_storage
from kedro_azureml.azure.connect.sdk_private import find_blobs
from kedro_azureml.azure.connect.silence import quiet
from kedro_azureml.azure.data.placing import Placing, changes, has_files
from kedro_azureml.azure.data.sources import DataSource, find_source, misfit, output_place
from kedro_azureml.azure.data.web import fetch_file
from kedro_azureml.azure.jobs.output_blobs import OutputBlob, list_blobs
from kedro_azureml.azure.parallel import in_parallel
from kedro_azureml.azure.progress import Counted, Progress, Silent
from kedro_azureml.compiler.data.catalog_assets import CatalogAsset
from kedro_azureml.datasets.local_copies import copy_place, read_record
from kedro_azureml.datasets.paths import on_disk
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError
from kedro_azureml.formatting import shown
from kedro_azureml.job.data_address import datastore_of, in_datastore, is_in_registry
from kedro_azureml.job.references import without_prefix

_TRANSFERS_AT_ONCE = 16


@dataclass(frozen=True)
class Pulled:
    """What became of one dataset.

    Attributes:
        dataset: Its name.
        address: Where its data is in Azure, as the catalog says it.
        version: The asset's version; None of what has none.
        place: Where its copy is.
        status: Whether it was fetched, or was here already.
        files: How many files.
        bytes: Their size.
    """

    dataset: str
    address: str
    version: str | None
    place: Path
    status: Literal["fetched", "present"]
    files: int
    bytes: int

    def as_data(self) -> dict[str, Any]:
        """Return what ``--json`` prints."""
        return {**asdict(self), "place": str(self.place)}


@dataclass(frozen=True)
class _Wanted:
    """A dataset whose data was found."""

    entry: CatalogAsset
    source: DataSource
    place: str

    @property
    def address(self) -> str:
        return self.entry.asset.address

    @property
    def is_file(self) -> bool:
        return self.entry.asset.type == "uri_file"


@quiet()
def pull(
    connection: Connection,
    entries: Sequence[CatalogAsset],
    project: Path,
    progress: Progress | None = None,
) -> list[Pulled]:
    """Fetch what catalog entries name, unless it is here already.

    Args:
        connection: The workspace.
        entries: The entries.
        project: The project's root.
        progress: Who is told how it goes.

    Raises:
        DiagnosticError: Nothing of a dataset that is named was written (KAZ707, KAZ716, KAZ717);
            others may have been fetched before.
    """
    progress = progress or Silent()
    progress.doing("Looking up the data")
    wanted = _find(connection, entries)
    blocked = [problem for each in wanted if (problem := _in_the_way(each, project))]
    if blocked:
        raise DiagnosticError(blocked)
    return [_pull(connection, each, project, progress) for each in wanted]


def _find(connection: Connection, entries: Iterable[CatalogAsset]) -> list[_Wanted]:
    found: list[_Wanted] = []
    problems: list[Diagnostic] = []
    for entry in entries:
        asset = entry.asset
        try:
            source = find_source(connection, asset.address, asset.type, entry.where)
        except DiagnosticError as error:
            problems += error.diagnostics
            continue
        problem = misfit(entry.dataset, asset.type, source, entry.where)
        if problem is not None and problem.code == "KAZ716":
            problems.append(problem)
        place = copy_place(asset.mount, source.reference or asset.address)
        found.append(_Wanted(entry, source, place))
    if problems:
        raise DiagnosticError(problems)
    return found


def _in_the_way(wanted: _Wanted, project: Path) -> Diagnostic | None:
    """Report KAZ717 for a copy that somebody has changed since it was fetched."""
    target = on_disk(wanted.place, project)
    record = read_record(project).get(wanted.place)
    if record is None or not has_files(target):
        return None
    changed = changes(target, record.files)
    if not changed:
        return None
    return _refused(
        wanted,
        f"{shown(target)} was changed since it was fetched ({changed[0]}), and is kept",
        "Move it away, and run the command again.",
    )


def _pull(connection: Connection, wanted: _Wanted, project: Path, progress: Progress) -> Pulled:
    target = on_disk(wanted.place, project)
    record = read_record(project).get(wanted.place)
    version = wanted.source.version
    # What has no version may have changed in Azure.
    is_here = record is not None and version is not None and record.version == version
    if is_here and record is not None and has_files(target, record.files):
        sizes: Sequence[int] = [file.stat().st_size for file in _files_of(target)]
        return _pulled(wanted, target, "present", sizes)
    with Placing(project, wanted.place) as placing:
        _fetch(connection, wanted, placing.staging, progress)
        _check_staged(wanted, placing.staging)
        if placing.is_somebody_elses():
            raise DiagnosticError(
                _refused(
                    wanted,
                    f"{shown(target)} exists, is not what was fetched, and is kept",
                    "Move it away, and run the command again.",
                )
            )
        sizes = placing.put(wanted.address, version, as_file=wanted.is_file)
    return _pulled(wanted, target, "fetched", sizes)


def _fetch(connection: Connection, wanted: _Wanted, folder: Path, progress: Progress) -> None:
    """Download the data into a folder.

    Raises:
        DiagnosticError: It cannot be fetched, or not all of it.
    """
    activity = f"fetching '{wanted.entry.dataset}'"
    path = wanted.source.path
    if path.startswith(("https:", "http:")):
        if not wanted.is_file:
            reason = "what is below an address of the web cannot be listed"
            raise DiagnosticError(_refused(wanted, reason, "Put a copy there yourself."))
        fetch_file(connection, path, folder, activity, progress)
        return
    blobs = use_storage(connection, activity, partial(_blobs, connection, wanted, folder))
    if blobs is None:
        reason = (
            "it is in a registry" if is_in_registry(path) else "it is not in blob storage"
        ) + ", from where nothing is fetched here"
        raise DiagnosticError(_refused(wanted, reason, "Put a copy there yourself."))
    counted = Counted(progress, f"Fetching '{wanted.entry.dataset}'", len(blobs))

    def carry_out(blob: OutputBlob) -> None:
        use_storage(connection, activity, partial(blob.copy, connection.transport))
        counted.one_more()

    in_parallel(connection, carry_out, blobs, _TRANSFERS_AT_ONCE)


def _blobs(connection: Connection, wanted: _Wanted, folder: Path) -> list[OutputBlob] | None:
    path = wanted.source.path
    source = output_place(connection, path)
    if source is None and (datastore := datastore_of(path, connection.target.workspace)):
        source = find_blobs(connection.ml, in_datastore(*datastore))
    return None if source is None else list_blobs(source, folder, connection.transport)


def _check_staged(wanted: _Wanted, folder: Path) -> None:
    files = _files_of(folder)
    if not files:
        reason = "there is no file in Azure"
    elif wanted.is_file and len(files) > 1:
        reason = f"it is a folder of {len(files)} files, and the dataset is a file"
    else:
        return
    raise DiagnosticError(_refused(wanted, reason, "Correct the address, or 'type'."))


def _files_of(path: Path) -> list[Path]:
    return [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]


def _named(wanted: _Wanted) -> str:
    return without_prefix(wanted.source.reference or wanted.address)


def _pulled(
    wanted: _Wanted, target: Path, status: Literal["fetched", "present"], sizes: Sequence[int]
) -> Pulled:
    return Pulled(
        wanted.entry.dataset,
        wanted.address,
        wanted.source.version,
        target,
        status,
        len(sizes),
        sum(sizes),
    )


def _refused(wanted: _Wanted, reason: str, remedy: str) -> Diagnostic:
    return Diagnostic(
        "KAZ717",
        f"'{wanted.entry.dataset}' cannot be fetched from {_named(wanted)}: {reason}.",
        remedy,
        where=wanted.entry.where,
    )
