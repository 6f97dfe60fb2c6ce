"""The results of a sweep, out of what its last step has written."""

from __future__ import annotations

from kedro_azureml.azure.connect.client import Connection
from kedro_azureml.azure.connect.silence import quiet
from kedro_azureml.azure.jobs.lookup import get_job
from kedro_azureml.azure.jobs.outputs import fetch, outputs_of
from kedro_azureml.azure.progress import Silent
from kedro_azureml.job.run.model import Run
from kedro_azureml.job.sweep import STEP, SweepError, Table
from kedro_azureml.scratch import scratch_folder


@quiet()
def downloaded_sweep(connection: Connection, run: Run) -> Table | None:
    """Return the results of a sweep; None of another job, and where they are not there.

    Raises:
        DiagnosticError: Azure cannot be asked, or the download failed.
    """
    if not any(step.combination for step in run.steps.values()):
        return None
    outputs = outputs_of(connection, get_job(connection, run.name), run.steps).get(STEP, [])
    if not outputs or outputs[0].step.status != "Completed":
        return None
    with scratch_folder() as scratch:
        (fetched,) = fetch(connection, outputs, scratch, Silent())
        try:
            return Table.load(fetched.folder)
        except SweepError:
            return None
