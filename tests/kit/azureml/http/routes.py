"""Finds who answers a request, by its method and its path."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Protocol

from tests.kit.azureml.http.gateway import UNKNOWN
from tests.kit.azureml.http.messages import Request, Response

Handler = Callable[..., Response]
# A method, a regular expression of the path below the workspace, and who answers: it is given the
# request and the expression's groups.
Route = tuple[str, str, Handler]


class Part(Protocol):
    """A part of the service that answers some requests."""

    def routes(self) -> list[Route]: ...


class Routes:
    """The routes of several parts."""

    def __init__(self, *parts: Part) -> None:
        routes: Iterable[Route] = (route for part in parts for route in part.routes())
        self._routes = [(method, re.compile(path), handler) for method, path, handler in routes]

    def answer(self, request: Request, path: str) -> Response:
        for method, pattern, handler in self._routes:
            found = pattern.fullmatch(path)
            if found and method == request.method:
                return handler(request, *found.groups())
        return unknown(request)


def unknown(request: Request) -> Response:
    """What is said where nobody answers; the test fails at its end."""
    message = f"The test service does not know {request.method} {request.path}"
    answer = Response.error(404, "UnknownToTheTestService", message)
    return Response(answer.status, answer.body, {**answer.headers, UNKNOWN: "1"})
