"""Copies what a rehearsal made to where the catalog has it, as ``kedro run`` would have."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from kedro_azureml.diagnostics import Diagnostic, DiagnosticError
from kedro_azureml.job.file_replacement import CopyError, copy_all
from kedro_azureml.job.outputs import CatalogPlaces, into_catalog
from kedro_azureml.job.run.model import RunOutput
from kedro_azureml.rehearsal.report import RunReport
from kedro_azureml.rehearsal.workspace.temporary_storage import access_of
from kedro_azureml.scratch import scratch_folder
from kedro_azureml.storage.access import Access, open_store
from kedro_azureml.storage.errors import StorageError


@dataclass
class Copied:
    """What became of the outputs.

    Attributes:
        written: The files that were written.
        left_out: Files that were not, with the reason.
        kept: Files that were replaced though this tool had not written them, and their new places.
    """

    written: list[Path] = field(default_factory=list)
    left_out: list[tuple[str, str]] = field(default_factory=list)
    kept: list[tuple[Path, Path]] = field(default_factory=list)


def can_be_copied(report: RunReport) -> bool:
    """Tell whether a rehearsal ended so that what it made may go into the catalog."""
    if report.status == "Failed":
        return any(step.combination is not None for step in report.steps.values())
    return report.status == "Completed"


def copy_into_catalog(
    report: RunReport, project: Path, places: CatalogPlaces, storage: Access | None = None
) -> Copied:
    """Copy the files of every local dataset to their paths in the project.

    Nothing is copied unless everything is whole. What the catalog does not place in the project is
    left out, and so is a file that exists and that the dataset only adds to.

    Args:
        report: A rehearsal of which every step completed, or one of a sweep that failed: what one
            combination made has nothing to do with that another one failed.
        project: The project's root.
        places: Where the catalog keeps a dataset.
        storage: What leads to temporary storage, as the rehearsal had it.

    Raises:
        DiagnosticError: KAZ605.
    """
    if not can_be_copied(report):
        raise DiagnosticError(
            Diagnostic(
                "KAZ605",
                f"The rehearsal is {report.status}, so not all outputs are whole.",
                f"Nothing was copied. Look at {report.folder}.",
                where="--into-catalog",
            )
        )
    with scratch_folder() as scratch:
        outputs = [
            _fetched(output, Path(scratch, str(number)), storage, report.folder)
            for number, output in enumerate(report.outputs)
        ]
        placement = into_catalog(outputs, places, project)
        if placement.problems:
            raise DiagnosticError(_problem(output, text) for output, text in placement.problems)
        try:
            placed = copy_all(placement.copies, project)
        except CopyError as error:
            first = f"{error.remedy} and copy" if error.remedy else "Copy"
            raise DiagnosticError(
                Diagnostic(
                    "KAZ605",
                    f"{error.reason}. {error.copied}.",
                    f"{first} the rest from {report.folder}.",
                    where="--into-catalog",
                )
            ) from error
    left_out = [(left.file, left.reason) for left in placement.left_out]
    return Copied(placed.files, left_out, placed.kept)


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
                where=f"dataset {output.label}",
            )
        ) from error
    return replace(output, path=folder)


def _problem(output: RunOutput, text: str) -> Diagnostic:
    remedy = f"Nothing was copied. Look at {output.path}."
    return Diagnostic("KAZ605", f"{text}.", remedy, where=f"dataset {output.label}")
