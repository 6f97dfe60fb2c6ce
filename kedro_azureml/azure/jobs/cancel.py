"""Canceling a job."""

from __future__ import annotations

from kedro_azureml.azure.connect.client import Connection
from kedro_azureml.azure.connect.errors import explained
from kedro_azureml.azure.connect.silence import quiet
from kedro_azureml.azure.jobs.lookup import get_job, status_of
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError
from kedro_azureml.job.run.model import ENDED, RunStatus


@quiet()
def cancel(connection: Connection, name: str) -> RunStatus:
    """Ask for a job to be canceled.

    Returns:
        The job's status now; canceling takes a moment.

    Raises:
        DiagnosticError: KAZ710 when there is no such job, KAZ708 when it is over already or cannot
            be canceled.
    """
    before = status_of(get_job(connection, name))
    if before in ENDED:
        raise DiagnosticError(
            Diagnostic(
                "KAZ708",
                f"The job '{name}' is over already ({before}).",
                "There is nothing to cancel.",
            )
        )
    with explained(f"canceling the job '{name}'"):
        connection.ml.jobs.begin_cancel(name)
        return status_of(connection.ml.jobs.get(name))
