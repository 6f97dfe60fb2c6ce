"""Copies what a rehearsal made to where the catalog has it, as ``kedro run`` would have."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from kedro_azureml.copying import Copy, CopyError, copy_all
from kedro_azureml.datasets.location import EXTERNAL
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError
from kedro_azureml.job.run import RunOutput
from kedro_azureml.rehearsal.report import RunReport
from kedro_azureml.rehearsal.workspace.temporary_storage import access_of
from kedro_azureml.storage.access import Access, open_store
from kedro_azureml.storage.errors import StorageError


@dataclass
class Copied:
    """What became of the outputs.

    Attributes:
        written: The files that were written.
        left_out: Files that were not, with the reason.
    """

    written: list[Path] = field(default_factory=list)
    left_out: list[tuple[str, str]] = field(default_factory=list)


def copy_into_catalog(report: RunReport, project: Path, storage: Access | None = None) -> Copied:
    """Copy the files of every local dataset to their paths in the project.

    Existing files are replaced, each whole or not at all. Nothing is copied unless everything can
    be found. What lies outside the project is left out, and so is a file that exists and that the
    dataset only adds to.

    Args:
        report: A rehearsal of which every step completed.
        project: The project's root.
        storage: What leads to temporary storage, as the rehearsal had it.

    Raises:
        DiagnosticError: KAZ605.
    """
    with tempfile.TemporaryDirectory(prefix="kedro-azureml-") as scratch:
        outputs = [
            _fetched(output, Path(scratch, str(number)), storage, report.folder)
            for number, output in enumerate(report.outputs)
        ]
        return _copy(outputs, report.folder, project)


def _fetched(output: RunOutput, folder: Path, storage: Access | None, run: Path) -> RunOutput:
    """Return the output with its files on this machine."""
    if output.kind != "local" or output.stored is None:
        return output
    url, key = output.stored
    try:
        open_store(url, access_of(url, storage, run) or Access()).load_folder(key, folder)
    except StorageError as error:
        raise DiagnosticError(
            Diagnostic(
                "KAZ605",
                str(error),
                "Nothing was copied. Run the rehearsal again.",
                where=f"dataset {output.dataset}",
            )
        ) from error
    return replace(output, path=folder)


def _copy(outputs: Iterable[RunOutput], folder: Path, project: Path) -> Copied:
    copies: dict[Path, Copy] = {}
    problems: list[Diagnostic] = []
    copied = Copied()
    for output in outputs:
        if output.kind != "local":
            continue
        for name, count in output.files.items():
            problem = _problem(output, name, count, project)
            if PurePosixPath(name).parts[:1] == (EXTERNAL,):
                copied.left_out.append((name, "its path in the catalog is outside the project"))
            elif output.appends and (project / name).exists():
                copied.left_out.append((name, "it exists, and the dataset only adds to it"))
            elif problem:
                problems.append(problem)
            else:
                copies[project / name] = Copy(output.path / name, project / name)
    if problems:
        raise DiagnosticError(problems)
    try:
        copy_all(list(copies.values()))
    except CopyError as error:
        first = "Make the place writable and copy" if error.is_failure else "Copy"
        raise DiagnosticError(
            Diagnostic(
                "KAZ605",
                f"{error.reason}. {error.copied}.",
                f"{first} the rest from {folder}.",
                where="--into-catalog",
            )
        ) from error
    copied.written = list(copies)
    return copied


def _problem(output: RunOutput, name: str, count: int, project: Path) -> Diagnostic | None:
    path = PurePosixPath(name)
    source = output.path / name
    if path.is_absolute() or ".." in path.parts or not path.parts:
        message = f"The path '{name}' does not lie in the project."
    elif not source.is_file() or source.stat().st_size != count:
        message = f"The file '{name}' is missing from the step's output, or is not whole."
    elif (project / name).is_dir():
        message = f"'{name}' is a folder in the project and a file in the step's output."
    elif file := _file_in_the_way(project, path):
        message = f"'{file}' is a file in the project and a folder in the step's output."
    else:
        return None
    remedy = f"Nothing was copied. Look at {output.path}."
    return Diagnostic("KAZ605", message, remedy, where=f"dataset {output.dataset}")


def _file_in_the_way(project: Path, path: PurePosixPath) -> PurePosixPath | None:
    parents = reversed(path.parents)
    return next((p for p in parents if (project / p).exists() and not (project / p).is_dir()), None)
