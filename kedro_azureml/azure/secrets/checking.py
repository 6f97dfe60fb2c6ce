"""What ``secrets check`` finds: which secrets steps lack, and who may read them."""

from __future__ import annotations

from dataclasses import dataclass

from kedro_azureml.azure.connect.client import Connection
from kedro_azureml.azure.connect.silence import quiet
from kedro_azureml.azure.secrets.readers import Reader, readers_of
from kedro_azureml.azure.secrets.vaults import as_diagnostic, find_vault, missing_secrets
from kedro_azureml.config import AzureMLConfig
from kedro_azureml.config.models.secrets import all_secrets
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError
from kedro_azureml.secrets.vault import stored_secrets
from kedro_azureml.secrets.vault_errors import READER, VaultError


@dataclass(frozen=True)
class CheckedVault:
    """One vault that azureml.yml names.

    Attributes:
        name: Its name.
        secrets: The variables that steps read from it.
        readers: Who reads them.
        findings: What is missing, and who may not.
    """

    name: str
    secrets: tuple[str, ...]
    readers: tuple[Reader, ...]
    findings: tuple[Diagnostic, ...]


@quiet()
def check_vaults(connection: Connection, config: AzureMLConfig) -> list[CheckedVault]:
    """Check every vault that azureml.yml names.

    Raises:
        DiagnosticError: KAZ108, it names no secret.
    """
    asked = all_secrets(config.azure)
    where = config.place("azure", "secrets")
    if not any(asked.values()):
        message = "azureml.yml names no secret that a step reads."
        raise DiagnosticError(
            Diagnostic("KAZ108", message, "Name them: azure.secrets.names.", where=where)
        )
    own = str(connection.check().key_vault or "")
    return [_check(connection, config, vault, names, own) for vault, names in asked.items()]


def _check(
    connection: Connection, config: AzureMLConfig, named: str | None, names: list[str], own: str
) -> CheckedVault:
    where = config.place("azure", "secrets")
    vault = find_vault(connection, named)
    findings: list[Diagnostic] = []
    try:
        findings += missing_secrets(vault, stored_secrets(vault), names, where)
    except VaultError as error:
        findings.append(as_diagnostic(error, where))
        if error.kind in ("network", "unreachable"):
            return CheckedVault(vault.name, tuple(names), (), tuple(findings))
    readers = readers_of(connection, config, named, vault.name, own)
    refused = [r for r in readers if r.alias and r.may_read is False]
    findings += [_may_not(vault.name, reader, config) for reader in refused]
    return CheckedVault(vault.name, tuple(names), tuple(readers), tuple(findings))


def _may_not(vault: str, reader: Reader, config: AzureMLConfig) -> Diagnostic:
    return Diagnostic(
        "KAZ814",
        f"{reader.who[0].upper()}{reader.who[1:]} may not read the secrets of '{vault}'.",
        f"az role assignment create --role '{READER}' --assignee-object-id {reader.principal} "
        f"--assignee-principal-type ServicePrincipal --scope $(az keyvault show --name {vault} "
        "--query id -o tsv)",
        where=config.place("azure", "compute", str(reader.alias)),
    )
