"""The proxy that the SDK talks through: it poses as every Azure host and refuses all others.

A client asks for a tunnel (CONNECT) to, say, management.azure.com:443. The gateway opens it, and
itself ends the encryption, with a certificate of the tests' own authority; so what a client sends
is seen whole, whatever the host.
"""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import struct
import threading
import time
import traceback
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.kit.azureml.http.faults import CUT, SLOW, Faults
from tests.kit.azureml.http.messages import Request, Response, Seen

Answer = Callable[[Request], Response]
Host = tuple[str, Answer]

UNKNOWN = "x-test-unknown"
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
_NOT_PASSED_ON = (
    "transfer-encoding",
    "connection",
    "content-length",
    "keep-alive",
    UNKNOWN,
    CUT,
    SLOW,
)


class Gateway:
    """The proxy, serving in threads from `start` to `stop`."""

    def __init__(
        self, hosts: list[Host], tls: ssl.SSLContext, faults: Faults, direct: Answer
    ) -> None:
        """Prepare a gateway.

        Args:
            hosts: Regular expressions of whole host names, and who answers for them.
            tls: The certificate to pose with.
            faults: What to inject.
            direct: Who answers what is asked of the gateway itself, without a tunnel.
        """
        self.hosts = [(re.compile(pattern), answer) for pattern, answer in hosts]
        self.tls = tls
        self.faults = faults
        self.direct = direct
        # Hosts of the service's kind that nobody has: a resource's name is part of its host.
        self.is_missing: Callable[[str], bool] = lambda host: False
        self.seen: list[Seen] = []
        gateway = self

        class Handler(_Handler):
            owner = gateway

        self._server = _Server(("127.0.0.1", 0), Handler)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def start(self) -> None:
        serve = self._server.serve_forever
        threading.Thread(target=serve, args=(0.05,), name="gateway", daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answers_for(self, host: str) -> Answer | None:
        """Who answers for a host; None for a foreign one."""
        for pattern, answer in self.hosts:
            if pattern.fullmatch(host):
                return answer
        return None

    def respond(self, request: Request) -> Response | None:
        """The answer to a request; None to drop the connection."""
        answer = self.answers_for(request.host)
        if answer is None:
            self.seen.append(Seen(request, 421, foreign=True))
            return Response.error(421, "MisdirectedRequest", f"{request.host} is not this tunnel's")
        response, fault = self.faults.apply(request, lambda: _answer_or_own_up(answer, request))
        if self.faults.latency:
            time.sleep(self.faults.latency)
        status = None if response is None else response.status
        unknown = response is not None and UNKNOWN in response.headers
        self.seen.append(Seen(request, status, fault, unknown=unknown))
        return response


def _answer_or_own_up(answer: Answer, request: Request) -> Response:
    """The answer; an error of the service's own is seen like a request that it does not know."""
    try:
        return answer(request)
    except Exception:
        traceback.print_exc()
        message = f"The test service failed at {request.method} {request.path}"
        failure = Response.error(500, "TestServiceFailed", message)
        return Response(failure.status, failure.body, {**failure.headers, UNKNOWN: "1"})


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away in the middle is its own business."""


class _Handler(BaseHTTPRequestHandler):
    owner: Gateway
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    tunnel: str | None = None

    def do_CONNECT(self) -> None:
        host, _, port = self.path.rpartition(":")
        if port != "443" or self.owner.answers_for(host) is None:
            request = Request("CONNECT", host, "", {}, dict(self.headers.items()))
            self.owner.seen.append(Seen(request, 403, foreign=True))
            self.answer(Response(403, b"", {"Connection": "close"}))
            self.close_connection = True
            return
        if self.owner.is_missing(host):
            # What a proxy says of a name that nobody has registered.
            self.owner.seen.append(Seen(Request("CONNECT", host, "", {}, {}), 502))
            self.answer(Response(502, b"", {"Connection": "close"}))
            self.close_connection = True
            return
        self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        self.wfile.flush()
        self.connection = self.owner.tls.wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile("rb")
        self.wfile = self.connection.makefile("wb")
        self.tunnel = host
        self.close_connection = False

    def handle_method(self) -> None:
        split = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        host = headers.get("host", "").partition(":")[0]
        body = self.body(headers)
        query = dict(parse_qsl(split.query, keep_blank_values=True))
        path = unquote(split.path)
        request = Request(self.command, host, path, query, headers, body, self.path)
        if self.path.startswith("/") and self.tunnel is None:
            response = self.owner.direct(request)
            self.owner.seen.append(Seen(request, response.status))
            self.answer(response)
            return
        if self.tunnel is None:
            # A plain http request through the proxy: Azure has none.
            self.owner.seen.append(Seen(request, 403, foreign=True))
            self.answer(Response(403))
            return
        answer = self.owner.respond(request)
        if answer is None:
            self.drop()
        else:
            self.answer(answer)

    do_GET = do_HEAD = do_PUT = do_POST = do_PATCH = do_DELETE = handle_method  # noqa: N815

    def body(self, headers: dict[str, str]) -> bytes:
        if headers.get("transfer-encoding", "").lower() != "chunked":
            return self.rfile.read(int(headers.get("content-length") or 0))
        chunks = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(chunks)

    def answer(self, response: Response) -> None:
        self.send_response_only(response.status)
        for name, value in response.headers.items():
            if name.lower() not in _NOT_PASSED_ON:
                self.send_header(name, value)
        length = str(len(response.body))
        if self.command == "HEAD":
            names = {name.lower(): value for name, value in response.headers.items()}
            length = names.get("content-length", length)
        self.send_header("Content-Length", length)
        self.end_headers()
        if CUT in response.headers:
            self.wfile.write(response.body[: len(response.body) // 2])
            self.wfile.flush()
            self.drop()
            return
        if self.command != "HEAD":
            half = len(response.body) // 2 if SLOW in response.headers else 0
            self.wfile.write(response.body[:half])
            if half:
                self.wfile.flush()
                time.sleep(float(response.headers[SLOW]))
            self.wfile.write(response.body[half:])
        self.wfile.flush()

    def drop(self) -> None:
        """End the connection as a network does that fails: with a reset."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        with contextlib.suppress(OSError):
            socket.close(self.connection.detach())

    def finish(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            super().finish()
        with contextlib.suppress(OSError):
            self.connection.close()

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is logged: `Gateway.seen` has it all."""
