"""What a submitted job is given to get at its temporary storage."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from azure.core.credentials import TokenCredential

from kedro_azureml.config.models.azureml import AzureConfig
from kedro_azureml.config.models.storage import TemporaryStorageConfig
from kedro_azureml.config.models.values import seconds
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError
from kedro_azureml.storage.access import (
    USER_CONNECTION_VARIABLE,
    USER_KEY_VARIABLE,
    Access,
    container_url,
    is_azures,
    is_container,
    open_store,
    split_url,
)
from kedro_azureml.storage.errors import StorageError, UnreachableError
from kedro_azureml.storage.store import Store

# Asks a person for the key of a storage account; an empty text stands for none.
AskKey = Callable[[str], str]
_CREDENTIAL = "azureml.yml azure.temporary_storage.credential"
# Nobody waits for an account that this machine may not be allowed to reach.
_PATIENCE = {"retry_total": 1, "retry_connect": 1, "connection_timeout": 5}


@dataclass(frozen=True)
class StorageVariables:
    """What the steps are given.

    Attributes:
        variables: For each step that uses the storage; they may hold a signature.
        notes: What to tell people.
    """

    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    notes: tuple[str, ...] = ()


def account_of(url: str) -> str:
    """Return the storage account in an address."""
    return str(urlsplit(url).hostname).partition(".")[0]


def storage_variables(
    url: str,
    config: TemporaryStorageConfig,
    ask: AskKey | None,
    environment: Mapping[str, str] | None = None,
) -> StorageVariables:
    """Turn the key that there is, if any, into a signature for the container.

    Args:
        url: The container's address.
        config: The section of azureml.yml.
        ask: Asks a person for the key of an account, an empty text for none; None without a
            terminal.
        environment: The submitter's variables.

    Raises:
        DiagnosticError: KAZ802 without a key that is needed, KAZ803 for a text that is none,
            KAZ801 when the container is missing or the key is of another account.
    """
    if config.credential == "identity" or not is_container(url):
        return StorageVariables()
    variables = os.environ if environment is None else environment
    account, origin = account_of(url), USER_KEY_VARIABLE
    key = variables.get(USER_KEY_VARIABLE, "").strip()
    if not key and ask is not None:
        key, origin = ask(account).strip(), "what you typed"
    if not key and config.credential == "auto":
        note = (
            f"Steps get at the storage account '{account}' by their own identity: "
            f"{USER_KEY_VARIABLE} is not set."
        )
        return StorageVariables(notes=(note,))
    if not key:
        raise DiagnosticError(_no_key(account))
    return _by_key(url, account, key, origin, config)


def open_stored(url: str, login: TokenCredential) -> Store:
    """Open the store at an address for its owner: a container by the key if there is one.

    Args:
        url: The container's address.
        login: Who talks to Azure otherwise.
    """
    if not is_container(url):
        return open_store(url, Access())
    if not is_azures(url):
        raise DiagnosticError(
            Diagnostic(
                "KAZ714",
                f"The job's record says that its data lies in {url}, which is no storage account "
                "of Azure. Nobody is logged in there.",
                "Look at the job's steps in the Studio: did you submit it?",
            )
        )
    from kedro_azureml.storage.blob import BlobStore

    account_url, container = split_url(url)
    key = os.environ.get(USER_KEY_VARIABLE, "").strip()
    return BlobStore(account_url, container, key or login)


def open_owned(azure: AzureConfig, ask: AskKey | None) -> Store:
    """Open the store that azureml.yml names, for whoever looks after it.

    Raises:
        DiagnosticError: KAZ108 without one in azureml.yml, KAZ801 when it cannot be opened, KAZ803
            for a key that is none.
    """
    from kedro_azureml.azure.connect.credentials import make_credential
    from kedro_azureml.storage.blob import BlobStore
    from kedro_azureml.storage.sas import check_key

    section = azure.temporary_storage
    if section is None:
        raise DiagnosticError(
            Diagnostic(
                "KAZ108",
                "azureml.yml names no temporary storage.",
                "Set azure.temporary_storage.account_name and container; without them, steps pass "
                "their data as outputs of the job.",
                where="azureml.yml azure.temporary_storage",
            )
        )
    if section.url is not None:
        try:
            return open_store(section.url, Access())
        except StorageError as error:
            raise DiagnosticError(
                Diagnostic(
                    "KAZ801", str(error), "", where="azureml.yml azure.temporary_storage.url"
                )
            ) from error
    account, container = str(section.account_name), str(section.container)
    account_url, _ = split_url(container_url(account, container, azure.cloud))
    string = os.environ.get(USER_CONNECTION_VARIABLE, "").strip()
    if string:
        try:
            return BlobStore.from_connection_string(string, container)
        except ValueError:
            raise DiagnosticError(
                Diagnostic(
                    "KAZ801",
                    "The connection string cannot be read.",
                    "Copy it anew: az storage account show-connection-string.",
                    where=USER_CONNECTION_VARIABLE,
                )
            ) from None
    key, origin = os.environ.get(USER_KEY_VARIABLE, "").strip(), USER_KEY_VARIABLE
    if not key and section.credential != "identity" and ask is not None:
        key, origin = ask(account).strip(), "what you typed"
    if not key:
        return BlobStore(account_url, container, make_credential(azure.cloud))
    try:
        check_key(key)
    except ValueError as error:
        raise DiagnosticError(_not_a_key(account, str(error), origin)) from None
    return BlobStore(account_url, container, key)


def _by_key(
    url: str, account: str, key: str, origin: str, config: TemporaryStorageConfig
) -> StorageVariables:
    from kedro_azureml.storage.blob import BlobStore
    from kedro_azureml.storage.sas import check_key, container_sas

    account_url, container = split_url(url)
    try:
        check_key(key)
    except ValueError as error:
        raise DiagnosticError(_not_a_key(account, str(error), origin)) from None
    notes: tuple[str, ...] = ()
    try:
        BlobStore(account_url, container, key, **_PATIENCE).check()
    except UnreachableError as error:
        # The steps may well reach it, from a network of their own.
        notes = (f"Not checked: {error}",)
    except StorageError as error:
        raise DiagnosticError(
            Diagnostic("KAZ801", str(error), "", where="azureml.yml azure.temporary_storage")
        ) from None
    sas = container_sas(account, container, key, seconds(config.sas_lifetime))
    return StorageVariables(Access(sas=sas).variables(), notes)


def _no_key(account: str) -> Diagnostic:
    return Diagnostic(
        "KAZ802",
        f"The key of the storage account '{account}' is needed, and {USER_KEY_VARIABLE} is not "
        "set.",
        "Set it, or set azure.temporary_storage.credential to 'identity' and give the compute's "
        "identity the role 'Storage Blob Data Contributor'.",
        where=_CREDENTIAL,
    )


def _not_a_key(account: str, why: str, origin: str) -> Diagnostic:
    return Diagnostic(
        "KAZ803",
        f"What is given as the key of the storage account '{account}' is not a key: {why}.",
        f"Copy it anew: az storage account keys list --account-name {account} --query [0].value",
        where=origin,
    )
