"""The identity of a step: the submitter's own, or the compute's managed identity."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import ProxyHandler, build_opener

from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import DefaultAzureCredential, ManagedIdentityCredential

_SECONDS = 30
_ENDPOINT = "OBO_ENDPOINT"
_CLIENT = "DEFAULT_IDENTITY_CLIENT_ID"
_SUBMITTER, _ASSIGNED = "submitter", "assigned"


def own_identity(environment: Mapping[str, str]) -> Any:
    """Return the credential of this process.

    The order is that of Microsoft's own tools. With ``identity: user_identity`` a job acts for who
    submitted it, and Azure ML serves that person's tokens at OBO_ENDPOINT. Else the compute's
    managed identity, which DEFAULT_IDENTITY_CLIENT_ID names where one is assigned; azure-identity
    itself does not read that variable. Else the default chain.
    """
    kind = _kind(environment)
    if kind == _SUBMITTER:
        return _OnBehalfOf(environment[_ENDPOINT])
    if kind == _ASSIGNED:
        return ManagedIdentityCredential(client_id=environment[_CLIENT])
    return DefaultAzureCredential(
        managed_identity_client_id=environment.get("AZURE_CLIENT_ID") or environment.get(_CLIENT),
        exclude_interactive_browser_credential=True,
    )


def identity_in_words(environment: Mapping[str, str]) -> str:
    """Say whose credential `own_identity` returns."""
    kind = _kind(environment)
    if kind == _SUBMITTER:
        return "whoever submitted the job (identity: user)"
    if kind == _ASSIGNED:
        return f"the compute's managed identity with the client id {environment[_CLIENT]}"
    if client := environment.get("AZURE_CLIENT_ID"):
        return f"the identity with the client id {client}"
    return "the identity of this process (the compute's managed identity, if it has one)"


def _kind(environment: Mapping[str, str]) -> str | None:
    has_endpoint = bool(environment.get(_ENDPOINT))
    if has_endpoint and environment.get("AZUREML_OBO_ENABLED"):
        return _SUBMITTER
    if environment.get(_CLIENT) and not environment.get("AZURE_CLIENT_ID"):
        return _ASSIGNED
    # All that azure-ai-ml's own AzureMLOnBehalfOfCredential asks for.
    return _SUBMITTER if has_endpoint else None


class _OnBehalfOf:
    """Tokens of the person who submitted the job (azure-ai-ml, aml_on_behalf_of.py).

    Its own class needs all of azure-ai-ml in the image, and two seconds to import it.
    """

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        # The endpoint is the machine's own.
        self._opener = build_opener(ProxyHandler({}))

    def get_token(self, *scopes: str, **kwargs: Any) -> AccessToken:
        """Return a token for a scope, ``https://storage.azure.com/.default`` here."""
        resource = scopes[0].removesuffix("/.default")
        try:
            with self._opener.open(
                f"{self._endpoint}?{urlencode({'resource': resource})}", timeout=_SECONDS
            ) as answer:
                token = json.load(answer)
            text = token.get("access_token") or token["token"]
            expires = int(token.get("expires_on") or time.time() + int(token["expires_in"]))
        except (URLError, OSError, ValueError, KeyError, TypeError) as error:
            raise ClientAuthenticationError(
                f"Azure ML gave no token of the submitter's: {type(error).__name__}"
            ) from None
        return AccessToken(text, expires)
