"""Where downloaded outputs go: a folder a dataset, or their catalog paths."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from kedro_azureml.copying import Copy, CopyError, copy_all
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError
from kedro_azureml.formatting import listed, shown
from kedro_azureml.step.folders import FolderError, Manifest, read_manifest
from kedro_azureml.storage.errors import StorageError
from kedro_azureml.storage.store import Store

_UNSAFE = re.compile(r"[^\w.@ -]")


@dataclass(frozen=True)
class Fetched:
    """One dataset's folder as it was downloaded.

    Attributes:
        dataset: Its name.
        step: The step that wrote it.
        folder: Where it is now.
    """

    dataset: str
    step: str
    folder: Path


def read_checked(fetched: Fetched) -> Manifest:
    """Read the manifest of a dataset, and check that all its files are there, whole.

    Raises:
        DiagnosticError: KAZ714.
    """
    try:
        manifest = read_manifest(fetched.folder)
    except FolderError as error:
        raise DiagnosticError(_broken(fetched, str(error))) from error
    for name, size in manifest.files.items():
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or not path.parts:
            raise DiagnosticError(_broken(fetched, f"It names the file '{name}', which is no path"))
        if manifest.stored is not None:
            continue
        file = fetched.folder / name
        if not file.is_file() or file.stat().st_size != size:
            raise DiagnosticError(_broken(fetched, f"Its file '{name}' is missing or not whole"))
    return manifest


def fetch_stored(fetched: Fetched, manifest: Manifest, folder: Path, store: Store) -> Fetched:
    """Fetch the dataset's files out of temporary storage.

    Raises:
        DiagnosticError: KAZ714.
    """
    try:
        store.load_folder(manifest.stored or "", folder)
    except StorageError as error:
        raise DiagnosticError(
            Diagnostic(
                "KAZ714",
                str(error),
                "Nothing was written.",
                where=f"dataset {fetched.dataset}",
            )
        ) from error
    return Fetched(fetched.dataset, fetched.step, folder)


def into_folder(fetched: Fetched, manifest: Manifest, folder: Path) -> Iterator[Copy]:
    """Below a folder of the dataset's own name, at the paths that the step wrote them to."""
    own = folder / (_UNSAFE.sub("_", fetched.dataset).lstrip(".") or "dataset")
    files = list(manifest.files)
    # One file needs no folders around it.
    for name in files:
        relative = PurePosixPath(name).name if len(files) == 1 else name
        yield Copy(fetched.folder / name, own / relative)


def into_catalog(fetched: Fetched, manifest: Manifest, project: Path) -> Iterator[Copy]:
    """At their paths in the project, as ``kedro run`` would have written them."""
    for name in manifest.files:
        yield Copy(fetched.folder / name, project / name)


def place(copies: Sequence[Copy], *, force: bool, where: str) -> None:
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
        copy_all(copies)
    except CopyError as error:
        first = "Make the place writable, and run" if error.is_failure else "Run"
        raise DiagnosticError(
            Diagnostic(
                "KAZ110",
                f"{error.reason}. {error.copied}.",
                f"{first} the command again with --force.",
                where=where,
            )
        ) from error


def _broken(fetched: Fetched, reason: str) -> Diagnostic:
    return Diagnostic(
        "KAZ714",
        f"What the step '{fetched.step}' left of '{fetched.dataset}' is not whole: "
        f"{reason.rstrip('.')}.",
        "Look at the step's outputs in the Studio, or run the job again.",
        where=f"dataset {fetched.dataset}",
    )
