"""The vaults that azureml.yml means, asked as whoever is logged in here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from kedro_azureml.azure.connect.client import Connection
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError
from kedro_azureml.secrets.names import vault_name
from kedro_azureml.secrets.vault import StoredSecret, Vault, open_vault
from kedro_azureml.secrets.vault_address import vault_url
from kedro_azureml.secrets.vault_errors import VaultError

_PUSH = "kedro azureml secrets push .env"


def workspace_vault(connection: Connection, workspace: Any) -> str:
    """Return the address of the vault that came with a workspace.

    Args:
        connection: The workspace.
        workspace: Azure ML's description of it.
    """
    name = str(workspace.key_vault or "").rpartition("/")[2]
    if not name:
        raise DiagnosticError(
            Diagnostic(
                "KAZ814",
                f"The workspace '{connection.target.workspace}' has no key vault of its own.",
                "Name one: azure.secrets.vault.",
                where="azureml.yml azure.secrets.vault",
            )
        )
    return vault_url(name, connection.target.cloud)


def open_as_you(connection: Connection, url: str) -> Vault:
    """Open a vault with the login of this machine.

    Raises:
        VaultError: The address is not one of Azure's.
    """
    return open_vault(
        url, connection.credential, "you", transport=connection.transport, retry_total=0
    )


def find_vault(connection: Connection, vault: str | None) -> Vault:
    """Open a vault by what azureml.yml calls it; the workspace's own if it calls it nothing.

    Raises:
        DiagnosticError: There is none.
    """
    if vault is None:
        url = workspace_vault(connection, connection.check())
    else:
        url = vault_url(vault, connection.target.cloud)
    try:
        return open_as_you(connection, url)
    except VaultError as error:
        raise DiagnosticError(as_diagnostic(error)) from error


def as_diagnostic(error: VaultError, where: str = "azureml.yml azure.secrets.vault") -> Diagnostic:
    """Turn what a vault refuses into a finding."""
    code = "KAZ813" if error.kind in ("missing", "disabled") else "KAZ814"
    return Diagnostic(code, error.message, error.remedy, where=where)


def missing_secrets(
    vault: Vault, stored: Mapping[str, StoredSecret], names: Iterable[str], where: str
) -> Iterator[Diagnostic]:
    """Report KAZ813 for each secret that no step could read.

    Args:
        vault: The vault.
        stored: What is in it, by the names in lower case.
        names: The variables.
        where: Where the user names them.
    """
    for variable in names:
        name = vault_name(variable)
        found = stored.get(name.lower())
        if found is None:
            message = f"The vault '{vault.name}' has no secret '{name}' for {variable}."
            yield Diagnostic("KAZ813", message, f"Put it there: {_PUSH}", where=where)
        elif not found.enabled:
            message = f"The secret '{name}' for {variable} is disabled in '{vault.name}'."
            remedy = f"Enable it in the portal, or put a new value there: {_PUSH}"
            yield Diagnostic("KAZ813", message, remedy, where=where)
