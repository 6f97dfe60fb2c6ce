"""What the storage service's refusals mean, in words that hold no address and no secret."""

from __future__ import annotations

from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    HttpResponseError,
    ResourceModifiedError,
    ServiceRequestError,
    ServiceResponseError,
)

from kedro_azureml.storage.errors import (
    BrokenError,
    ChangedError,
    MissingError,
    StorageError,
    UnreachableError,
)

_MISSING_BLOB = (
    "It was deleted, by 'kedro azureml storage clean' or a lifecycle rule, or never written; run "
    "the job again, with force_rerun if it reuses steps."
)
_LOGIN = {"AuthenticationFailed", "InvalidAuthenticationInfo", "NoAuthenticationInformation"}
_PERMISSION = {
    "AuthorizationPermissionMismatch",
    "InsufficientAccountPermissions",
    "AuthorizationServiceMismatch",
    "AuthorizationResourceTypeMismatch",
    "KeyBasedAuthenticationNotPermitted",
    "PublicAccessNotPermitted",
}


def explain(error: AzureError, doing: str, account: str, container: str) -> StorageError:
    """Turn the service's error into one for a person.

    Args:
        error: What the SDK raised.
        doing: What was being done, to follow "while".
        account: The storage account.
        container: The container.
    """
    where = f"while {doing} in the container '{container}' of the storage account '{account}'"
    if isinstance(error, ResourceModifiedError) or _status(error) == 412:
        return ChangedError(f"Another writer replaced it {where}.")
    code = _code(error)
    if code in ("InvalidBlockList", "InvalidBlobOrBlock"):
        return ChangedError(f"Another writer replaced it {where}, several times.")
    if code == "InvalidRange":
        return BrokenError(f"What is there is empty: nothing could be read {where}.")
    if code == "ContainerNotFound":
        return StorageError(
            f"The storage account '{account}' has no container '{container}'. Create it: az "
            f"storage container create --account-name {account} --name {container}, or correct "
            "azure.temporary_storage in azureml.yml."
        )
    if code == "BlobNotFound" or _status(error) == 404:
        return MissingError(f"There is nothing {where}. {_MISSING_BLOB}")
    refusal = _refusal(error, code, where, account)
    if refusal is not None:
        return refusal
    if isinstance(error, ServiceRequestError | ServiceResponseError):
        return UnreachableError(
            f"The storage account cannot be reached: the connection failed several times {where}. "
            "Is azure.temporary_storage.account_name right, and the network?"
        )
    shown = code or (f"HTTP {_status(error)}" if _status(error) else type(error).__name__)
    return StorageError(f"The storage service refused a request {where}: {shown}.")


def _refusal(error: AzureError, code: str, where: str, account: str) -> StorageError | None:
    """Say why the service refuses whoever asks; None if it does not."""
    if code == "KeyBasedAuthenticationNotPermitted":
        return StorageError(
            f"The storage account '{account}' refuses account keys {where}. Set "
            "azure.temporary_storage.credential to 'identity'."
        )
    if code == "AuthorizationFailure":
        return UnreachableError(
            f"The storage account does not let this machine in {where}: its firewall or a private "
            "endpoint may keep it out, or the signature lacks a right."
        )
    if code in _PERMISSION or (_status(error) == 403 and code not in _LOGIN):
        return StorageError(
            f"Permission is missing {where} ({code or 403}). An identity needs the role 'Storage "
            "Blob Data Contributor' there; with a key, the signature may lack a right."
        )
    if code in _LOGIN or isinstance(error, ClientAuthenticationError):
        return StorageError(
            f"The login was refused {where} ({code or type(error).__name__}). A signature may have "
            "expired (azure.temporary_storage.sas_lifetime) or be of another key; an identity may "
            "be missing (azure.temporary_storage.credential)."
        )
    return None


def _status(error: AzureError) -> int | None:
    return error.status_code if isinstance(error, HttpResponseError) else None


def _code(error: AzureError) -> str:
    """Return the service's own error code; empty if there is none."""
    headers = getattr(getattr(error, "response", None), "headers", None) or {}
    code = getattr(error, "error_code", None) or headers.get("x-ms-error-code") or ""
    return str(getattr(code, "value", code))
