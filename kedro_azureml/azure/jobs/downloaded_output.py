"""Outputs of a job as they were downloaded: a folder for each dataset."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from kedro_azureml.diagnostics import Diagnostic, DiagnosticError
from kedro_azureml.job.file_names import is_in_folder
from kedro_azureml.job.sweep import labelled
from kedro_azureml.step.data.folders import (
    MANIFEST,
    FolderError,
    Manifest,
    part_folders,
    read_manifest,
)
from kedro_azureml.storage.errors import StorageError
from kedro_azureml.storage.store import Store


@dataclass(frozen=True)
class DownloadedOutput:
    """One dataset's folder as it was downloaded.

    Attributes:
        dataset: Its name.
        step: The step that wrote it.
        folder: Where it is now.
        storage: Address of the container that the step's data may be in; None without one.
        publication: What was downloaded of the output that has the files alone; None where they
            are in `folder`.
        combination: The values of a sweep's parameters that it is for, if its step is a copy.
    """

    dataset: str
    step: str
    folder: Path
    storage: str | None = None
    publication: Path | None = None
    combination: str | None = None

    @property
    def label(self) -> str:
        """What people call it: its dataset, with the values that it is for."""
        return labelled(self.dataset, self.combination)

    def place(self, manifest: Manifest) -> tuple[Path, str | None]:
        """Return what holds the files, and what of the project lies there: see `RunOutput.root`."""
        if self.publication is None:
            return self.folder, None
        if manifest.root not in manifest.files:
            return self.publication, manifest.root
        # A blob, of whatever name.
        files = (path for path in self.publication.rglob("*") if path.is_file())
        return next(files, self.publication), manifest.root


def read_checked(fetched: DownloadedOutput) -> Manifest:
    """Read the manifest of a dataset, and check that all its files are there, whole.

    Raises:
        DiagnosticError: KAZ714.
    """
    if not (fetched.folder / MANIFEST).is_file():
        reason = f"It has no {MANIFEST}, which a step writes last: its process ended before that"
        raise DiagnosticError(_broken(fetched, reason))
    try:
        manifest = read_manifest(fetched.folder)
    except FolderError as error:
        raise DiagnosticError(_broken(fetched, str(error))) from error
    try:
        if manifest.stored is not None:
            manifest.key_in(fetched.storage)
    except FolderError as error:
        raise DiagnosticError(_foreign(fetched, str(error))) from error
    for name, size in manifest.files.items():
        if not is_in_folder(name):
            raise DiagnosticError(_broken(fetched, f"It names the file '{name}', which is no path"))
        if manifest.stored is not None:
            continue
        file = _file(fetched, manifest, name)
        if file is None or not file.is_file() or file.stat().st_size != size:
            raise DiagnosticError(_broken(fetched, f"Its file '{name}' is missing or not whole"))
    return manifest


def parts_of(fetched: DownloadedOutput) -> list[DownloadedOutput]:
    """Return what each of several machines wrote into one output; of any other, the output itself.

    Raises:
        DiagnosticError: KAZ714.
    """
    folders = part_folders(read_checked(fetched), fetched.folder)
    return [replace(fetched, folder=folder) for folder in folders] or [fetched]


def _file(fetched: DownloadedOutput, manifest: Manifest, name: str) -> Path | None:
    place, root = fetched.place(manifest)
    try:
        return place / name if root is None else place / manifest.inside(name)
    except ValueError:
        return None


def fetch_stored(
    fetched: DownloadedOutput, manifest: Manifest, folder: Path, store: Store
) -> DownloadedOutput:
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
                where=f"dataset {fetched.label}",
            )
        ) from error
    return DownloadedOutput(fetched.dataset, fetched.step, folder, combination=fetched.combination)


def _foreign(fetched: DownloadedOutput, reason: str) -> Diagnostic:
    return Diagnostic(
        "KAZ714",
        f"'{fetched.label}' cannot be downloaded: {reason}.",
        f"Find out who wrote this output: the step '{fetched.step}' stores its data nowhere else.",
        where=f"dataset {fetched.label}",
    )


def _broken(fetched: DownloadedOutput, reason: str) -> Diagnostic:
    return Diagnostic(
        "KAZ714",
        f"What the step '{fetched.step}' left of '{fetched.label}' is not whole: "
        f"{reason.rstrip('.')}.",
        "Look at the step's outputs in the Studio, or run the job again.",
        where=f"dataset {fetched.label}",
    )
