"""Who talks to Azure: the login of the Azure CLI, a service principal, a managed identity.

No secret passes through this package: `azure.identity` reads its variables and caches itself.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from azure.core.credentials import AccessToken, TokenCredential
from azure.core.exceptions import AzureError, ClientAuthenticationError
from azure.identity import (
    AzureAuthorityHosts,
    DefaultAzureCredential,
    ManagedIdentityCredential,
)

from kedro_azureml.secrets.token_claims import claims_of

AUTHORITIES = {
    "AzureCloud": AzureAuthorityHosts.AZURE_PUBLIC_CLOUD,
    "AzureChinaCloud": AzureAuthorityHosts.AZURE_CHINA,
    "AzureUSGovernment": AzureAuthorityHosts.AZURE_GOVERNMENT,
}
# A token that ends sooner is replaced: it has to last for a request.
_MARGIN_SECONDS = 120


class CachedCredential:
    """Keeps each token until it ends, for all clients and threads.

    `azure.core` keeps tokens a client only, and the Azure CLI takes a second to give one.
    """

    def __init__(self, make: Callable[[], TokenCredential]) -> None:
        """Prepare a credential.

        Args:
            make: Makes the credential; again when a token was refused, to be rid of its cache.
        """
        self._make = make
        self._inner = make()
        self._tokens: dict[tuple[str, ...], AccessToken] = {}
        self._locks: defaultdict[tuple[str, ...], threading.Lock] = defaultdict(threading.Lock)

    def get_token(self, *scopes: str, **kwargs: Any) -> AccessToken:
        """Return a token for the scopes, from the cache unless a service asks for more."""
        special = {key: value for key, value in kwargs.items() if value and key != "enable_cae"}
        with self._locks[scopes]:
            token = self._tokens.get(scopes)
            if token is None or special or token.expires_on - time.time() < _MARGIN_SECONDS:
                token = self._inner.get_token(*scopes, **special)
                self._tokens[scopes] = token
            return token

    def renew(self, refused: str) -> str | None:
        """Return a token in place of one that a service refused, or None."""
        for scopes, token in list(self._tokens.items()):
            if token.token != refused:
                continue
            with self._locks[scopes]:
                # Another thread may have been here first.
                if self._tokens[scopes].token == refused:
                    self._inner = self._make()
                    self._tokens[scopes] = self._inner.get_token(*scopes)
                return self._tokens[scopes].token
        return self._current(refused)

    def _current(self, refused: str) -> str | None:
        """Return the token that replaced an unknown one of the same audience."""
        audience = claims_of(refused).get("aud")
        for token in list(self._tokens.values()):
            if audience is not None and claims_of(token.token).get("aud") == audience:
                return token.token
        return None


def make_credential(cloud: str, **client: Any) -> CachedCredential:
    """Make the credential for a cloud.

    Args:
        cloud: A key of `AUTHORITIES`.
        client: What the HTTP clients of `azure.identity` are made with.
    """
    return CachedCredential(lambda: _chain(AUTHORITIES[cloud], client))


class _ManagedIdentityLast:
    """A person's own login, or else the machine's managed identity."""

    def __init__(self, login: TokenCredential, identity: TokenCredential) -> None:
        self._login = login
        self._identity = identity

    def get_token(self, *scopes: str, **kwargs: Any) -> AccessToken:
        try:
            return self._login.get_token(*scopes, **kwargs)
        except ClientAuthenticationError as error:
            try:
                return self._identity.get_token(*scopes, **kwargs)
            except AzureError as second:
                reason = " ".join(str(second).split())
                raise ClientAuthenticationError(
                    f"{error}\n\tManagedIdentityCredential: {reason}"
                ) from None


def _chain(authority: str, client: dict[str, Any]) -> TokenCredential:
    interactive = sys.stdin.isatty() and sys.stderr.isatty() and not _is_headless()
    on_instance = _is_compute_instance()
    login = DefaultAzureCredential(
        authority=authority,
        exclude_interactive_browser_credential=not interactive,
        exclude_managed_identity_credential=on_instance,
        **client,
    )
    if not on_instance:
        return login
    # An Azure ML compute instance announces a managed identity whether or not it has one with any
    # rights, and `DefaultAzureCredential` would ask no further. So it comes after `az login` here.
    return _ManagedIdentityLast(login, ManagedIdentityCredential(client_id=_identity(), **client))


def _is_compute_instance() -> bool:
    in_job = "AZUREML_RUN_ID" in os.environ
    return "MSI_ENDPOINT" in os.environ and "MSI_SECRET" in os.environ and not in_job


def _identity() -> str | None:
    return os.environ.get("AZURE_CLIENT_ID") or os.environ.get("DEFAULT_IDENTITY_CLIENT_ID")


def _is_headless() -> bool:
    """Tell whether a browser that this machine opens would be seen by nobody."""
    if "SSH_CONNECTION" in os.environ:
        return True
    screens = ("DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME")
    return sys.platform == "linux" and not any(name in os.environ for name in screens)
