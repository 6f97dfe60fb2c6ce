"""Other ways to log in than a service principal's secret: a compute's own identity, and `az`.

All ask for tokens at the gateway's own address, in plain HTTP, as a compute does at
``MSI_ENDPOINT``, and a step that acts on behalf of its submitter at ``OBO_ENDPOINT``.
"""

from __future__ import annotations

import secrets
import sys
import time
from pathlib import Path
from textwrap import dedent

from tests.kit.azureml.access.login import Login
from tests.kit.azureml.access.principals import Principal
from tests.kit.azureml.http.messages import Request, Response

_PATH = "/msi/token"
_ON_BEHALF = "/obo/token/"

# As much of the Azure CLI as azure-identity uses: whoever has not said `az login` gets no token.
_AZ = """\
#!{python}
import json, pathlib, sys, urllib.parse, urllib.request

session = pathlib.Path({session!r})
arguments = sys.argv[1:]
if arguments[:1] == ["login"]:
    session.touch()
elif arguments[:1] == ["logout"]:
    session.unlink(missing_ok=True)
elif arguments[:2] == ["account", "get-access-token"]:
    if not session.exists():
        sys.exit("ERROR: Please run 'az login' to setup account.")
    resource = arguments[arguments.index("--resource") + 1]
    address = {endpoint!r} + "?resource=" + urllib.parse.quote(resource, safe="")
    request = urllib.request.Request(address, headers={{"secret": {secret!r}}})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({{}}))
    with opener.open(request) as answer:
        token = json.load(answer)
    print(json.dumps({{
        "accessToken": token["access_token"],
        "expires_on": int(token["expires_on"]),
        "subscription": {subscription!r},
        "tenant": {tenant!r},
        "tokenType": "Bearer",
    }}))
else:
    sys.exit("ERROR: this az does not know: " + " ".join(arguments))
"""


class Identities:
    """Hands out tokens to this machine.

    Attributes:
        endpoint: Where tokens are to be had.
        secret: What a request for one must show.
    """

    def __init__(self, login: Login, gateway: str) -> None:
        self._login = login
        self.endpoint = f"{gateway}{_PATH}"
        self.secret = secrets.token_urlsafe(16)
        self._gateway = gateway
        # By what a request must show.
        self._owners: dict[str, Principal] = {}

    def managed(self, principal: Principal) -> dict[str, str]:
        """Variables of a step on a compute that has an identity.

        That ``DEFAULT_IDENTITY_CLIENT_ID`` is missing for a compute's system identity is a choice:
        the documents name it for a user-assigned one.
        """
        secret = secrets.token_urlsafe(16)
        self._owners[secret] = principal
        variables = {"MSI_ENDPOINT": self.endpoint, "MSI_SECRET": secret}
        if principal.kind == "user":
            variables["DEFAULT_IDENTITY_CLIENT_ID"] = principal.client
        return variables

    def on_behalf_of(self, object_id: str) -> dict[str, str]:
        """Variables of a step that acts on behalf of its submitter."""
        principal = self._login.find(object_id)
        secret = secrets.token_urlsafe(16)
        self._owners[secret] = principal
        endpoint = f"{self._gateway}{_ON_BEHALF}{secret}"
        return {"OBO_ENDPOINT": endpoint, "AZUREML_OBO_ENABLED": "true"}

    @property
    def compute_environment(self) -> dict[str, str]:
        """Variables of an Azure ML compute that has an identity."""
        return {
            "MSI_ENDPOINT": self.endpoint,
            "MSI_SECRET": self.secret,
            "DEFAULT_IDENTITY_CLIENT_ID": self._login.client,
        }

    def write_az(self, folder: Path, subscription: str) -> Path:
        """Write a small ``az`` into a folder, for PATH; nobody is logged in yet."""
        program = folder / "az"
        text = _AZ.format(
            python=sys.executable,
            session=str(folder / "az-session"),
            endpoint=self.endpoint,
            secret=self.secret,
            subscription=subscription,
            tenant=self._login.tenant,
        )
        program.write_text(dedent(text), encoding="utf-8")
        program.chmod(0o755)
        return program

    def answer(self, request: Request) -> Response:
        """A token for the resource that is asked for."""
        if request.path.startswith(_ON_BEHALF):
            owner = self._owners.get(request.path.removeprefix(_ON_BEHALF))
            return Response(404) if owner is None else self._token(owner, request)
        if request.path != _PATH:
            return Response(404)
        owners = {**self._owners, self.secret: self._login.submitter}
        owner = owners.get(request.headers.get("secret", ""))
        if owner is None:
            return Response(401)
        client = request.query.get("clientid")
        # A system identity has no name to ask for it by.
        if client is not None and (client != owner.client or owner.kind == "system"):
            return Response.json({"statusCode": 400, "message": "No such identity."}, 400)
        return self._token(owner, request)

    def _token(self, owner: Principal, request: Request) -> Response:
        resource = request.query["resource"]
        self._login.scopes.append(f"{resource}/.default")
        return Response.json(
            {
                "access_token": self._login.make_token(resource.rstrip("/"), owner),
                "expires_on": str(int(time.time()) + self._login.lifetime),
                "resource": resource,
                "token_type": "Bearer",
            }
        )
