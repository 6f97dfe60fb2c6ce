"""Whose login a step uses."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import DefaultAzureCredential, ManagedIdentityCredential

from kedro_azureml.storage.identity import identity_in_words, own_identity

SCOPE = "https://storage.azure.com/.default"


def test_the_submitter_s_own() -> None:
    """`identity: user_identity`: Azure ML serves the person's tokens at OBO_ENDPOINT."""
    expires = int(time.time()) + 3600

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = parse_qs(urlsplit(self.path).query)["resource"]
            token = {"access_token": f"for {asked[0]}", "expires_on": str(expires)}
            body = json.dumps(token if self.path.startswith("/good") else {}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing to say."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        base = f"http://127.0.0.1:{server.server_port}"
        token = own_identity({"OBO_ENDPOINT": f"{base}/good"}).get_token(SCOPE)
        assert token.token == "for https://storage.azure.com"
        assert token.expires_on == expires
        for endpoint in (f"{base}/bad", "http://127.0.0.1:1/nobody"):
            with pytest.raises(ClientAuthenticationError, match="no token of the submitter's"):
                own_identity({"OBO_ENDPOINT": endpoint}).get_token(SCOPE)
    finally:
        server.shutdown()
        server.server_close()


def test_the_order_is_that_of_microsoft_s_own_tools() -> None:
    """The whole way, from MSI_ENDPOINT to a blob, is in the acceptance tests."""
    assigned = {"DEFAULT_IDENTITY_CLIENT_ID": "an-id"}
    submitter = {"OBO_ENDPOINT": "http://127.0.0.1:1/", "AZUREML_OBO_ENABLED": "True"}
    chosen = {
        "submitted": {**assigned, **submitter},
        "client id an-id": assigned,
        "client id another": {**assigned, "AZURE_CLIENT_ID": "another"},
        "if it has one": {},
    }
    for words, environment in chosen.items():
        assert words in identity_in_words(environment)
    assert isinstance(own_identity(assigned), ManagedIdentityCredential)
    for environment in ({}, {**assigned, "AZURE_CLIENT_ID": "another"}):
        assert isinstance(own_identity(environment), DefaultAzureCredential)
    with pytest.raises(ClientAuthenticationError, match="no token of the submitter's"):
        own_identity({**assigned, **submitter}).get_token(SCOPE)
