"""A client for a workspace."""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass
from typing import Any

from azure.ai.ml import MLClient

from kedro_azureml.azure.connect import sdk_private
from kedro_azureml.azure.connect.credentials import CachedCredential, make_credential
from kedro_azureml.azure.connect.errors import (
    AZURE_ERRORS,
    bad_variables,
    explain,
    explained,
    is_broken_answer,
    is_missing,
)
from kedro_azureml.azure.connect.silence import quiet
from kedro_azureml.azure.connect.target import Target
from kedro_azureml.azure.connect.transport import PatientTransport
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError
from kedro_azureml.scratch import sweep_scratch_folders

ARM_SCOPES = {
    "AzureCloud": "https://management.azure.com/.default",
    "AzureChinaCloud": "https://management.chinacloudapi.cn/.default",
    "AzureUSGovernment": "https://management.usgovcloudapi.net/.default",
}
# azure-ai-ml, AzureEnvironments: what it asks a token for when it submits a pipeline.
ML_SCOPES = {
    "AzureCloud": "https://ml.azure.com/.default",
    "AzureChinaCloud": "https://ml.azure.cn/.default",
    "AzureUSGovernment": "https://ml.azure.us/.default",
}


@dataclass(frozen=True)
class Connection:
    """A client for a workspace.

    Attributes:
        target: The workspace.
        ml: Azure ML's own client.
        credential: Who talks.
        transport: How.
    """

    target: Target
    ml: MLClient
    credential: CachedCredential
    transport: PatientTransport

    def log_in(self) -> None:
        """Make sure that there is a login that works.

        Raises:
            DiagnosticError: KAZ702, or KAZ709 when the login cannot be reached.
        """
        try:
            self.credential.get_token(ARM_SCOPES[self.target.cloud])
        except ValueError as error:
            raise DiagnosticError(bad_variables(error)) from error
        except AZURE_ERRORS as error:
            # A login that could not be reached is not one that failed.
            raise DiagnosticError(explain(self.transport.failure or error, "logging in")) from error

    def check(self) -> Any:
        """Ask for the workspace itself; Azure ML's description of it.

        Raises:
            DiagnosticError: It does not exist, or cannot be reached by this login.
        """
        try:
            workspace = self.transport.repeat(
                lambda: self.ml.workspaces.get(self.target.workspace), is_broken_answer
            )
        except Exception as error:
            if is_missing(error) and explain(error, "").code != "KAZ704":
                raise DiagnosticError(self._missing()) from error
            with explained("looking up the workspace"):
                raise
        sdk_private.know_workspace(self.ml, workspace)
        return workspace

    def warm_up(self) -> None:
        """Get the token that submitting takes; if that fails, submitting will say so."""
        with contextlib.suppress(Exception):
            self.credential.get_token(ML_SCOPES[self.target.cloud])

    def _missing(self) -> Diagnostic:
        return Diagnostic(
            "KAZ704",
            f"The resource group '{self.target.group}' has no Azure ML workspace "
            f"'{self.target.workspace}'.",
            "Correct azure.workspace_name and azure.resource_group in azureml.yml; 'az ml "
            "workspace list' shows what you can see.",
            where="azureml.yml azure.workspace_name",
        )


def connect(target: Target) -> Connection:
    """Make a client; nothing is asked of anybody yet.

    Raises:
        DiagnosticError: KAZ702, the variables of a login hold no such thing.
    """
    sweep_scratch_folders()
    transport = PatientTransport()
    # The transport repeats requests; if the clients did so too, they would multiply.
    once: dict[str, Any] = {"transport": transport, "retry_total": 0}
    try:
        credential = make_credential(target.cloud, **once)
    except ValueError as error:
        # azure-identity's word for a variable that is set to nothing.
        raise DiagnosticError(bad_variables(error)) from error
    transport.renew = credential.renew
    ml = MLClient(
        credential,
        target.subscription,
        target.group,
        target.workspace,
        cloud=target.cloud,
        # Without progress bars, one file that cannot be uploaded hangs the SDK for ever.
        show_progress=True,
        enable_telemetry=False,
        **once,
    )
    return Connection(target, ml, credential, transport)


@quiet()
def open_workspace(target: Target) -> Connection:
    """Make a client that is logged in.

    Raises:
        DiagnosticError: KAZ702, or KAZ709 when the login cannot be reached.
    """
    connection = connect(target)
    connection.log_in()
    return connection


def studio_address(job: Any, run: str | None = None) -> str | None:
    """Return where the Studio shows a job, or a step of it.

    Args:
        job: The job as Azure ML describes it.
        run: The step's own name.
    """
    service = (getattr(job, "services", None) or {}).get("Studio")
    address = getattr(service, "endpoint", None)
    if address is None or run is None:
        return address
    return re.sub(r"/runs/[^/?]+", f"/runs/{run}", str(address))
