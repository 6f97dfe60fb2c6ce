"""The step that ends a job: it copies what the other steps left into one folder."""

from __future__ import annotations

import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from kedro_azureml.formatting import count
from kedro_azureml.job.export import EXPORT_VARIABLE
from kedro_azureml.job.outputs import folder_name
from kedro_azureml.job.step_record import StepRecord
from kedro_azureml.job.sweep import Outcome
from kedro_azureml.step.data.folders import FolderError, Manifest, check_folder
from kedro_azureml.step.data.merged import read_partitions
from kedro_azureml.step.errors import StepError
from kedro_azureml.step.log_lines import write_line


@dataclass(frozen=True)
class PreparedExport:
    """An export, of which nothing is done yet."""

    record: StepRecord

    def run(self) -> None:
        """Copy the files of each dataset into a folder of its own name.

        Raises:
            StepError: A dataset is incomplete, or cannot be copied.
        """
        started = time.monotonic()
        target = Path(str(self.record.export))
        for name, folder in self.record.inputs.items():
            place = self.record.published.get(name)
            publication = Path(place) if place is not None else None
            try:
                manifest = check_folder(Path(folder), name, publication)
            except FolderError as error:
                raise StepError(str(error)) from error
            if manifest.kind != "local" or manifest.stored is not None:
                raise StepError(
                    f"dataset '{name}' cannot be exported: its files are not in the job. The job "
                    "was compiled by another version of kedro-azureml; compile it again."
                )
            _copy(manifest, Path(folder), publication, target / folder_name(name))
            write_line(f"exported '{name}': {count(len(manifest.files), 'file')}.")
        for name, folders in self.record.merged.items():
            parts = read_partitions(name, folders)
            for part in parts:
                _copy(part.manifest, part.folder, None, target / folder_name(name))
            files = sum(len(part.manifest.files) for part in parts)
            write_line(f"exported '{name}': {count(files, 'file')}.")
        if destination := os.environ.get(EXPORT_VARIABLE):
            write_line(f"everything is in {destination}.")
        if self.record.outcome is not None:
            Outcome(time.monotonic() - started).save(Path(self.record.outcome))


def _copy(manifest: Manifest, folder: Path, publication: Path | None, target: Path) -> None:
    for name in manifest.files:
        inside = manifest.inside(name)
        # One file is the root of its own publication.
        copy = target / inside if inside.parts else target / Path(name).name
        try:
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(folder / name if publication is None else publication / inside, copy)
        except OSError as error:
            reason = error.strerror or error
            raise StepError(
                f"dataset '{manifest.dataset}' cannot be exported: {reason}."
            ) from error
