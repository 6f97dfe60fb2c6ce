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
from azure.identity import DefaultAzureCredential

_SECONDS = 30


def own_identity(environment: Mapping[str, str]) -> Any:
    """Return the credential of this process.

    With ``identity: user_identity`` a job acts for who submitted it, and Azure ML serves that
    person's tokens at OBO_ENDPOINT. DEFAULT_IDENTITY_CLIENT_ID names the managed identity of a
    compute that has one assigned.
    """
    endpoint = environment.get("OBO_ENDPOINT")
    if endpoint:
        return _OnBehalfOf(endpoint)
    return DefaultAzureCredential(
        managed_identity_client_id=environment.get("AZURE_CLIENT_ID")
        or environment.get("DEFAULT_IDENTITY_CLIENT_ID"),
        exclude_interactive_browser_credential=True,
    )


class _OnBehalfOf:
    """Tokens of the person who submitted the job (azure-ai-ml, aml_on_behalf_of.py)."""

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
