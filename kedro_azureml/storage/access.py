"""How a process gets at the temporary storage: what its variables say, or its own identity."""

from __future__ import annotations

import os
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from kedro_azureml import extensions
from kedro_azureml.diagnostics import DiagnosticError
from kedro_azureml.storage.errors import StorageError

if TYPE_CHECKING:
    from kedro_azureml.storage.store import Store

# Set for a step by whoever starts it; see `Access`.
SAS_VARIABLE = "KEDRO_AZUREML_STORAGE_SAS"
CONNECTION_VARIABLE = "KEDRO_AZUREML_STORAGE_CONNECTION"
FOLDER_VARIABLE = "KEDRO_AZUREML_STORAGE_FOLDER"
# Set by people: Azure's own names.
USER_KEY_VARIABLE = "AZURE_STORAGE_ACCOUNT_KEY"
USER_CONNECTION_VARIABLE = "AZURE_STORAGE_CONNECTION_STRING"

SUFFIXES = {
    "AzureCloud": "core.windows.net",
    "AzureChinaCloud": "core.chinacloudapi.cn",
    "AzureUSGovernment": "core.usgovcloudapi.net",
}


@dataclass(frozen=True)
class Access:
    """What leads to a store; nothing of it means the process's own identity.

    Attributes:
        sas: A shared access signature of the container.
        key: An account key.
        connection_string: Replaces the account, not the container.
        folder: A folder that replaces both.
    """

    sas: str | None = field(default=None, repr=False)
    key: str | None = field(default=None, repr=False)
    connection_string: str | None = field(default=None, repr=False)
    folder: Path | None = None

    def variables(self) -> dict[str, str]:
        """Return the step's variables, by the names that `take` reads."""
        values = {
            SAS_VARIABLE: self.sas,
            CONNECTION_VARIABLE: self.connection_string,
            FOLDER_VARIABLE: str(self.folder) if self.folder else None,
        }
        return {name: value for name, value in values.items() if value}


def container_url(account: str, container: str, cloud: str) -> str:
    """Return the address of a container."""
    return f"https://{account}.blob.{SUFFIXES[cloud]}/{container}"


def take(environment: MutableMapping[str, str]) -> Access:
    """Read the variables of a step, and remove them so that no code can print them.

    Args:
        environment: The variables, usually ``os.environ``.
    """
    folder = environment.pop(FOLDER_VARIABLE, None)
    return Access(
        sas=environment.pop(SAS_VARIABLE, None),
        connection_string=environment.pop(CONNECTION_VARIABLE, None),
        folder=Path(folder) if folder else None,
    )


def open_store(url: str, access: Access) -> Store:
    """Open the store at an address.

    Args:
        url: A container's, as `container_url` writes it, or one whose scheme another package knows.
        access: What leads to it; a store of another package finds its way itself.

    Raises:
        StorageError: The SDK is missing, or the access is unusable.
    """
    if access.folder is not None:
        from kedro_azureml.storage.folder import FolderStore

        return FolderStore(access.folder)
    if not is_container(url):
        return _foreign_store(url)
    account_url, container = split_url(url)
    try:
        from kedro_azureml.storage.blob import BlobStore
    except ImportError as error:
        raise StorageError(
            f"Temporary storage needs azure-storage-blob, which cannot be imported here ({error}). "
            "Install kedro-azureml[storage] in the environment of the steps."
        ) from None
    try:
        if access.connection_string is not None:
            return BlobStore.from_connection_string(access.connection_string, container)
        if access.sas or access.key:
            return BlobStore(account_url, container, access.sas or access.key)
    except ValueError:
        # The message may quote secret it was given.
        secret = "connection string" if access.connection_string else "key or signature"
        raise StorageError(f"The {secret} of the temporary storage cannot be read.") from None
    try:
        from kedro_azureml.storage.identity import own_identity
    except ImportError as error:
        raise StorageError(
            f"Temporary storage needs azure-identity, which cannot be imported here ({error}). "
            "Install kedro-azureml[storage] in the environment of the steps."
        ) from None
    return BlobStore(account_url, container, own_identity(os.environ))


def is_azures(url: str) -> bool:
    """Whether an address leads to a storage account of Azure, and to no other host."""
    host = urlsplit(url).hostname or ""
    return any(host.endswith(f".blob.{suffix}") for suffix in SUFFIXES.values())


def is_container(url: str) -> bool:
    """Whether an address is one of a blob container, and not of another package's store."""
    return urlsplit(url).scheme == "https"


def _foreign_store(url: str) -> Store:
    try:
        extension = extensions.find(extensions.STORES, urlsplit(url).scheme, url)
        with extension.blamed(url):
            store: Store | StorageError
            try:
                store = extension.value(url)
            except StorageError as error:
                # The store's own word for what is wrong, and no defect of the package.
                store = error
        if isinstance(store, StorageError):
            raise store
        return store
    except DiagnosticError as error:
        raise StorageError(
            " ".join(f"{d.message} {d.remedy}" for d in error.diagnostics)
        ) from error


def split_url(url: str) -> tuple[str, str]:
    """Return the account's address and the container's name."""
    split = urlsplit(url)
    return f"{split.scheme}://{split.netloc}", split.path.strip("/")
