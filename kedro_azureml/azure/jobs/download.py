"""Downloads what a job's steps wrote, by the names of the Kedro datasets."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from kedro_azureml.azure.connect.client import Connection
from kedro_azureml.azure.connect.silence import quiet
from kedro_azureml.azure.jobs.downloaded_output import (
    DownloadedOutput,
    fetch_stored,
    parts_of,
    read_checked,
)
from kedro_azureml.azure.jobs.lookup import get_job, view_steps
from kedro_azureml.azure.jobs.outputs import StepOutput, choose, fetch, outputs_of
from kedro_azureml.azure.progress import Progress, Silent
from kedro_azureml.azure.storage_access import open_stored
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError
from kedro_azureml.formatting import listed, shown
from kedro_azureml.job.file_replacement import Copy, CopyError, Placed, copy_all
from kedro_azureml.job.local_folder import LOCAL_FOLDER
from kedro_azureml.job.outputs import (
    CatalogPlaces,
    LeftOut,
    clashes,
    into_catalog,
    into_folder,
    into_folders,
)
from kedro_azureml.job.run.model import RunOutput
from kedro_azureml.job.step_record import StepRecord
from kedro_azureml.scratch import scratch_folder


@dataclass(frozen=True)
class Downloaded:
    """What became of a download.

    Attributes:
        files: The files that were written.
        notes: Why a dataset has no file.
        waiting: The outputs that are not there, because their steps have not completed.
    """

    files: tuple[Path, ...]
    notes: tuple[str, ...]
    waiting: tuple[StepOutput, ...]


@quiet()
def download(
    connection: Connection,
    name: str,
    datasets: Sequence[str],
    project: Path,
    *,
    output: Path | None = None,
    places_of: Callable[[StepRecord | None], CatalogPlaces] | None = None,
    force: bool = False,
    progress: Progress | None = None,
) -> Downloaded:
    """Download what a job wrote.

    Args:
        connection: The workspace.
        name: The job.
        datasets: The Kedro datasets; all that the job wrote if there is none.
        project: The project's root.
        output: The folder to write to; by default one beside the project's rehearsals, where
            nothing is committed or uploaded with the code.
        places_of: Tells where the catalog keeps datasets, as the job's steps saw it, to place the
            files there instead; what the catalog does not place goes to the folder.
        force: Replace existing files, but none that a dataset only adds to.
        progress: Who is told how it goes.

    Raises:
        DiagnosticError: Nothing was written, or not all (KAZ110).
    """
    progress = progress or Silent()
    folder = output.absolute() if output else project / LOCAL_FOLDER / "downloads" / name
    with scratch_folder() as scratch:
        progress.doing("Looking at the job")
        job = get_job(connection, name)
        outputs = outputs_of(connection, job, view_steps(connection, job))
        record = next((parts[0].record for parts in outputs.values()), None)
        places = places_of(record) if places_of else None
        if places and not datasets:
            # `kedro run` would not store these.
            outputs = {n: parts for n, parts in outputs.items() if not parts[0].is_result}
        ready, waiting = choose(outputs, datasets, name)
        notes: list[str] = []
        reader = _Reader(connection, scratch, bool(datasets), notes)
        fetched = chain.from_iterable(map(parts_of, fetch(connection, ready, scratch, progress)))
        files = list(filter(None, map(reader.read, fetched)))
        copies, left_out = _copies(files, folder, places, project, is_named=bool(datasets))
        notes += [
            f"'{left.file}' of '{left.output.label}' goes to {shown(folder)}: {left.reason}."
            for left in left_out
        ]
        where = "--into-catalog" if places else "--output"
        placed = _place(copies, project, force=force, where=where)
    notes += [
        f"{shown(path)} was not written by kedro-azureml: it is kept as {shown(old)}."
        for path, old in placed.kept
    ]
    return Downloaded(tuple(placed.files), tuple(notes), tuple(waiting))


def _copies(
    outputs: Sequence[RunOutput],
    folder: Path,
    places: CatalogPlaces | None,
    project: Path,
    *,
    is_named: bool,
) -> tuple[list[Copy], list[LeftOut]]:
    """Say where all files go, and which of them the catalog does not place."""
    if places is None:
        _refuse(clashes(outputs))
        return list(into_folders(outputs, folder)), []
    if is_named and (objects := [o.label for o in outputs if o.kind != "local"]):
        raise DiagnosticError(
            Diagnostic(
                "KAZ714",
                f"'{objects[0]}' has no path in the catalog.",
                "Leave --into-catalog out.",
                where=f"dataset {objects[0]}",
            )
        )
    placement = into_catalog(outputs, places, project)
    _refuse(placement.problems)
    copies = placement.copies
    for left in placement.left_out:
        copies += into_folder(left.output, folder, left.file)
    return copies, placement.left_out


def _refuse(problems: Iterable[tuple[RunOutput, str]]) -> None:
    """Raise what is wrong with outputs, if anything is."""
    found = [
        Diagnostic("KAZ714", f"{text}.", "Nothing was written.", where=f"dataset {output.dataset}")
        for output, text in problems
    ]
    if found:
        raise DiagnosticError(found)


def _place(copies: Sequence[Copy], project: Path, *, force: bool, where: str) -> Placed:
    """Copy all files, each whole or not at all.

    Raises:
        DiagnosticError: KAZ109 when files would be overwritten, before any is written; KAZ110.
    """
    existing = [copy.target for copy in copies if os.path.lexists(copy.target)]
    if existing and not force:
        raise DiagnosticError(
            Diagnostic(
                "KAZ109",
                f"{len(existing)} of {len(copies)} files exist already: "
                f"{listed([shown(path) for path in existing])}. Nothing was written.",
                "Give --force to replace them, or another folder with -o.",
                where=where,
            )
        )
    try:
        return copy_all(copies, project)
    except CopyError as error:
        first = f"{error.remedy}, and run" if error.remedy else "Run"
        raise DiagnosticError(
            Diagnostic(
                "KAZ110",
                f"{error.reason}. {error.copied}.",
                f"{first} the command again with --force.",
                where=where,
            )
        ) from error


@dataclass(frozen=True)
class _Reader:
    """Reads what was fetched: datasets with files on this machine, and notes on the others."""

    connection: Connection
    scratch: Path
    is_named: bool
    notes: list[str]

    def read(self, fetched: DownloadedOutput) -> RunOutput | None:
        manifest = read_checked(fetched)
        if manifest.kind == "remote":
            self.notes.append(f"'{fetched.label}' is where its catalog entry says, not in the job.")
            return None
        if manifest.stored is not None and manifest.kind == "object":
            if self.is_named:
                self.notes.append(
                    f"'{fetched.label}' is an object in temporary storage: {manifest.stored} in "
                    f"{fetched.storage}."
                )
            return None
        if manifest.stored is not None:
            store = open_stored(fetched.storage or "", self.connection.credential)
            folder = self.scratch / f"stored-{fetched.folder.parents[1].name}"
            fetched = fetch_stored(fetched, manifest, folder, store)
        place, root = fetched.place(manifest)
        return RunOutput(
            fetched.step,
            fetched.dataset,
            place,
            final=True,
            dataset=fetched.dataset,
            kind=manifest.kind,
            files=manifest.files,
            appends=manifest.appends,
            root=root,
            combination=fetched.combination,
        )
