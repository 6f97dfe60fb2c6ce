"""What a vault's refusals mean, in words that hold no value."""

from __future__ import annotations

from typing import Any, Literal

from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    HttpResponseError,
    ServiceRequestError,
    ServiceResponseError,
)

from kedro_azureml.secrets.vault_address import name_of_vault

Kind = Literal["missing", "disabled", "denied", "network", "unreachable", "login", "refused"]
# What an identity needs to read secrets, and a person to change them.
READER = "Key Vault Secrets User"
OFFICER = "Key Vault Secrets Officer"
_DISABLED = {"SecretDisabled", "SecretExpired", "SecretNotYetValid"}
_NETWORK = {"ForbiddenByFirewall", "ForbiddenByConnection"}


class VaultError(Exception):
    """A vault that does not do what it is asked.

    Attributes:
        kind: What is wrong.
        message: What is wrong, in a sentence.
        remedy: What to do.
    """

    def __init__(self, kind: Kind, message: str, remedy: str) -> None:
        self.kind = kind
        self.message = message
        self.remedy = remedy
        super().__init__(f"{message} {remedy}")


def explain_vault(
    error: AzureError, url: str, doing: str, asker: str, *, role: str = READER
) -> VaultError:
    """Turn the service's error into one for a person.

    Args:
        error: What the SDK raised.
        url: The vault's address.
        doing: What was asked for, to follow "while", such as ``reading the secret 'A-B'``.
        asker: Who asked, such as ``the managed identity of the compute``.
        role: The role that would be enough.
    """
    vault = name_of_vault(url)
    status, codes = _answer(error)
    place = f"the vault '{vault}'"
    if status == 404:
        return VaultError(
            "missing",
            f"There is no such secret in {place} while {doing}.",
            "Put it there with 'kedro azureml secrets push .env', or correct azure.secrets.",
        )
    if codes & _DISABLED:
        return VaultError(
            "disabled",
            f"The secret is disabled or out of date in {place}, found while {doing}.",
            "Enable it in the portal, or put a new value there with 'kedro azureml secrets push'.",
        )
    if codes & _NETWORK:
        return VaultError(
            "network",
            f"The network of {place} does not let this machine in while {doing}.",
            "Allow it in the vault's firewall, or use a private endpoint.",
        )
    if status == 403:
        return VaultError(
            "denied",
            f"Permission is missing while {doing} in {place}: {asker} may not.",
            f"Grant it the role '{role}' on the vault (or the same in an access policy); a new "
            "role takes some minutes.",
        )
    return _without_answer(error, status, place, doing, asker)


def _without_answer(
    error: AzureError, status: int | None, place: str, doing: str, asker: str
) -> VaultError:
    if status == 401 or isinstance(error, ClientAuthenticationError):
        reason = " ".join(str(error).split())[:300]
        return VaultError(
            "login",
            f"No login to {place} works while {doing}, as {asker}: {reason}",
            "Give the compute a managed identity, or run 'az login' on this machine.",
        )
    if isinstance(error, ServiceRequestError | ServiceResponseError):
        return VaultError(
            "unreachable",
            f"{place[0].upper()}{place[1:]} cannot be reached while {doing}.",
            "Is its name right (azure.secrets.vault), and does the network let it through?",
        )
    if status is not None and (status == 429 or status >= 500):
        return VaultError(
            "unreachable", f"{place} keeps answering {status} while {doing}.", "Try again later."
        )
    message = getattr(getattr(error, "error", None), "message", None) or type(error).__name__
    return VaultError("refused", f"{place} refused {doing}: {message}", "Correct what it names.")


def _answer(error: AzureError) -> tuple[int | None, set[str]]:
    """Return the status, and the codes of the error and of those within it."""
    if not isinstance(error, HttpResponseError):
        return None, set()
    codes: set[str] = set()
    inner: Any = error.error
    while inner is not None:
        is_mapping = isinstance(inner, dict)
        code = inner.get("code") if is_mapping else getattr(inner, "code", None)
        codes |= {str(code)} if code else set()
        inner = inner.get("innererror") if is_mapping else getattr(inner, "innererror", None)
    return error.status_code, codes
