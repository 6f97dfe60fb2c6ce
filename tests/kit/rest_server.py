"""A store of JSON documents on the loopback interface, for the pipeline of `odd` that is remote."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class RestServer:
    """What `rest_server` serves: JSON documents by path, and each request as ``PUT /path``."""

    url: str
    documents: dict[str, Any] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)


@contextmanager
def rest_server(token: str) -> Iterator[RestServer]:
    """A store of JSON documents on the loopback interface, for the ``remote`` pipeline of `odd`.

    A PUT stores, a GET answers what was stored or 404; both need `token`, or the answer is 401.
    """

    class Handler(BaseHTTPRequestHandler):
        def _answer(self, status: int, body: bytes = b"") -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def _allowed(self) -> bool:
            store.requests.append(f"{self.command} {self.path}")
            return self.headers.get("Authorization") == f"Bearer {token}"

        def do_GET(self) -> None:
            if not self._allowed():
                self._answer(401)
            elif self.path not in store.documents:
                self._answer(404)
            else:
                self._answer(200, json.dumps(store.documents[self.path]).encode())

        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if not self._allowed():
                self._answer(401)
            else:
                store.documents[self.path] = json.loads(body)
                self._answer(204)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing on the tests' standard error."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    store = RestServer(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield store
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
