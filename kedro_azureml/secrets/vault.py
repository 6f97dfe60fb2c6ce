"""Azure Key Vault, asked by name: what a step reads, and what whoever looks after it does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from azure.core.exceptions import AzureError, HttpResponseError, ResourceExistsError
from azure.keyvault.secrets import SecretClient

from kedro_azureml.secrets.names import vault_name
from kedro_azureml.secrets.token_claims import object_id
from kedro_azureml.secrets.vault_address import is_vault_url, name_of_vault
from kedro_azureml.secrets.vault_errors import OFFICER, READER, VaultError, explain_vault

# The variable that a secret was pushed from.
VARIABLE_TAG = "env"
# The service asks for patience (429) when many steps begin at once; a name that nobody has is
# soon known to be none.
_PATIENCE = {"retry_total": 8, "retry_connect": 3, "connection_timeout": 10, "read_timeout": 60}


@dataclass(frozen=True)
class Vault:
    """A vault, and who asks it.

    Attributes:
        url: Its address.
        client: Azure's own client.
        credential: Who asks.
        asker: The same in words.
    """

    url: str
    client: SecretClient
    credential: Any
    asker: str

    @property
    def name(self) -> str:
        """Its name."""
        return name_of_vault(self.url)


@dataclass(frozen=True)
class StoredSecret:
    """What a vault tells of a secret without its value.

    Attributes:
        name: Its name there.
        enabled: Whether its value can be read.
        variable: The variable that it was pushed from, if it says so.
    """

    name: str
    enabled: bool
    variable: str | None = None


def open_vault(url: str, credential: Any, asker: str, **client: Any) -> Vault:
    """Make a client; nothing is asked of anybody yet.

    Args:
        url: The vault's address, of Azure's own and no other host: it is sent a token.
        credential: Who asks.
        asker: The same, for messages.
        client: What else Azure's client is made with.

    Raises:
        VaultError: The address is not one of Azure's.
    """
    if not is_vault_url(url):
        raise VaultError(
            "refused",
            f"'{url}' is no address of a vault of Azure's, so no token is sent there.",
            "Correct azure.secrets.vault.",
        )
    options = {**_PATIENCE, **client}
    return Vault(url, SecretClient(url, credential, **options), credential, asker)


def read_values(vault: Vault, variables: Iterable[str]) -> dict[str, str]:
    """Read secrets by the variables that they are for.

    Raises:
        VaultError: One cannot be read.
    """
    values = {}
    for variable in variables:
        name = vault_name(variable)
        with _explained(vault, f"reading the secret '{name}' ({variable})"):
            values[variable] = vault.client.get_secret(name).value or ""
    return values


def stored_secrets(vault: Vault) -> dict[str, StoredSecret]:
    """List what is in a vault, by the name in lower case: no value is asked for.

    Raises:
        VaultError: It cannot be listed.
    """
    with _explained(vault, "listing the secrets"):
        return {
            str(found.name).lower(): StoredSecret(
                str(found.name),
                found.enabled is not False,
                (found.tags or {}).get(VARIABLE_TAG),
            )
            for found in vault.client.list_properties_of_secrets()
        }


def has_value(vault: Vault, variable: str, value: str) -> bool:
    """Tell whether a secret that exists has this value already.

    Raises:
        VaultError: It cannot be read.
    """
    with _explained(vault, f"reading the secret '{vault_name(variable)}' ({variable})", OFFICER):
        return bool(vault.client.get_secret(vault_name(variable)).value == value)


def write_value(vault: Vault, variable: str, value: str) -> None:
    """Give a secret a value: a new version of it.

    Raises:
        VaultError: The vault does not take it.
    """
    with _explained(vault, f"writing the secret '{vault_name(variable)}' ({variable})", OFFICER):
        tags = {VARIABLE_TAG: variable}
        try:
            vault.client.set_secret(vault_name(variable), value, tags=tags)
        except ResourceExistsError:
            # It was deleted, and its name is taken for as long as it can be recovered.
            vault.client.begin_recover_deleted_secret(vault_name(variable)).wait()
            vault.client.set_secret(vault_name(variable), value, tags=tags)


def delete_secret(vault: Vault, name: str) -> None:
    """Delete a secret; the vault keeps it for as long as its owner chose.

    Raises:
        VaultError: It cannot be deleted.
    """
    with _explained(vault, f"deleting the secret '{name}'", OFFICER):
        vault.client.begin_delete_secret(name)


def _asker(vault: Vault, error: AzureError) -> str:
    """Say who was refused, by the id to which a role is assigned too."""
    if not isinstance(error, HttpResponseError) or error.status_code != 403:
        return vault.asker
    scope = f"https://{vault.url.partition('://')[2].partition('.')[2]}/.default"
    with suppress(AzureError):
        if found := object_id(vault.credential.get_token(scope).token):
            return f"{vault.asker} (object id {found})"
    return vault.asker


@contextmanager
def _explained(vault: Vault, doing: str, role: str = READER) -> Iterator[None]:
    try:
        yield
    except AzureError as error:
        raise explain_vault(error, vault.url, doing, _asker(vault, error), role=role) from error
    except ValueError as error:
        # The SDK's own check of a challenge: a host that asks for a token of another.
        raise VaultError(
            "refused",
            f"The vault '{vault.name}' asks for a login that is not for it while {doing}.",
            "Correct azure.secrets.vault.",
        ) from error
