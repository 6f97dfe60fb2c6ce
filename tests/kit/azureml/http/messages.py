"""HTTP requests and answers as plain data, and what was seen of them."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote

Json = dict[str, Any]

REDACTED = "REDACTED"
_SECRET_HEADERS = ("authorization", "x-azureml-token")


@dataclass(frozen=True)
class Request:
    """A request as it arrived. Header names are in lower case."""

    method: str
    host: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""
    target: str = ""

    def json(self) -> Json:
        data: Json = json.loads(self.body or b"{}")
        return data

    @property
    def url(self) -> str:
        return f"https://{self.host}{self.path}"

    @property
    def bearer(self) -> str | None:
        """The bearer token, if the request has one."""
        kind, _, token = self.headers.get("authorization", "").partition(" ")
        return token if kind.lower() == "bearer" else None


@dataclass(frozen=True)
class Response:
    """An answer."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def json(cls, data: Any, status: int = 200, **headers: str) -> Response:
        """An answer with a JSON body; `retry_after="1"` becomes the header Retry-After."""
        names = {name.replace("_", "-").title(): value for name, value in headers.items()}
        body = json.dumps(data).encode()
        return cls(status, body, {"Content-Type": "application/json; charset=utf-8", **names})

    @classmethod
    def error(cls, status: int, code: str, message: str, **headers: str) -> Response:
        """An error in the form that Azure Resource Manager gives it."""
        return cls.json({"error": {"code": code, "message": message}}, status, **headers)


@dataclass(frozen=True)
class Seen:
    """A request that the service received, and what it answered.

    Attributes:
        request: The request, tokens and all; `headers` has them redacted.
        status: The answer's status; None when the connection was dropped instead.
        fault: The injected fault that made the answer, if one did.
        foreign: Whether the host is not the service's, so that the proxy refused it.
        unknown: Whether no part of the service knows the address: a gap in the service, or a
            wrong request.
    """

    request: Request
    status: int | None
    fault: str | None = None
    foreign: bool = False
    unknown: bool = False

    @property
    def method(self) -> str:
        return self.request.method

    @property
    def host(self) -> str:
        return self.request.host

    @property
    def path(self) -> str:
        return self.request.path

    @property
    def body(self) -> bytes:
        return self.request.body

    @property
    def headers(self) -> dict[str, str]:
        return {
            name: REDACTED if name in _SECRET_HEADERS else value
            for name, value in self.request.headers.items()
        }

    def holds(self, secret: str) -> bool:
        """Whether the text went over the wire, plain, quoted for an address or in Base64."""
        request = self.request
        headers = "\n".join(f"{name}: {value}" for name, value in request.headers.items())
        text = f"{request.host}\n{request.target}\n{unquote(request.target)}\n{headers}"
        sent = text.encode() + b"\n" + request.body
        return any(form in sent for form in spellings(secret))

    def __str__(self) -> str:
        notes = [self.fault, "foreign" if self.foreign else "", "unknown" if self.unknown else ""]
        answer = "dropped" if self.status is None else str(self.status)
        return " ".join([answer, self.method, self.request.url, *(n for n in notes if n)])


def spellings(secret: str) -> list[bytes]:
    """The forms in which a text may stand in a request or a file.

    In Base64 a text looks different at each of three offsets, and the first and last characters
    depend on its neighbours too: those are left out.
    """
    raw = secret.encode()
    forms = [raw, quote(secret, safe="").encode(), json.dumps(secret)[1:-1].encode()]
    for offset in range(3):
        encoded = base64.b64encode(b"\0" * offset + raw)
        # A character holds six bits: those that are the text's alone.
        inner = encoded[-(-offset * 8 // 6) : (offset + len(raw)) * 8 // 6]
        forms += [inner, inner.translate(bytes.maketrans(b"+/", b"-_"))]
    return forms
