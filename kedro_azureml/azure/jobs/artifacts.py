"""What a step left among its artifacts: files in the history of the job."""

from __future__ import annotations

from pathlib import Path

from kedro_azureml.azure.connect import sdk_private
from kedro_azureml.azure.connect.client import Connection
from kedro_azureml.azure.connect.errors import AZURE_ERRORS
from kedro_azureml.job.run.failure import ARTIFACTS, Failure, failure_in
from kedro_azureml.job.run.model import RunStep
from kedro_azureml.scratch import scratch_folder


def failure_among_artifacts(connection: Connection, step: RunStep) -> Failure | None:
    """Return why a step failed, as the step itself knew it.

    None where it left no record, or where the record cannot be fetched: the log tells as much.
    """
    if not step.run:
        return None
    with scratch_folder() as folder:
        try:
            sdk_private.download_artifacts(
                connection.ml, step.run, f"{ARTIFACTS.as_posix()}/", folder
            )
        except (*AZURE_ERRORS, AttributeError, ImportError, KeyError, TypeError, ValueError):
            return None
        return next(filter(None, map(failure_in, _folders(folder))), None)


def _folders(folder: Path) -> list[Path]:
    """Yield the folder and those below it: the SDK decides how much of a path it keeps."""
    return [folder, *(path for path in sorted(folder.rglob("*")) if path.is_dir())]
