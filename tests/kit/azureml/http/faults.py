"""What can go wrong with an answer on purpose."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from tests.kit.azureml.http.messages import Request, Response

# What happens to a request: an answer instead of the service's own ("throttle", "unavailable",
# "error", "expired", "forbidden", "missing", "html"), no answer and no effect ("drop"), the effect
# and no answer ("lose"), the effect and half of the answer's body ("cut"), or the effect and the
# second half of the body after a while ("slow"); "none" is for a fault that only looks on.
Kind = Literal[
    "throttle",
    "unavailable",
    "error",
    "expired",
    "forbidden",
    "missing",
    "html",
    "drop",
    "lose",
    "cut",
    "slow",
    "none",
]
# Headers that tell the gateway to break off, or to wait so many seconds, in the middle of a body.
CUT = "x-test-cut"
SLOW = "x-test-slow"
SLOW_SECONDS = "0.5"
_PAGE = b"<!DOCTYPE html><html><body>Please log in to the network.</body></html>"

ANSWERS: dict[Kind, Response] = {
    "throttle": Response.error(
        429, "TooManyRequests", "The request rate is too high. Try again later.", retry_after="1"
    ),
    "unavailable": Response.error(503, "ServiceUnavailable", "The service is unavailable."),
    "error": Response.error(500, "InternalServerError", "An internal server error occurred."),
    "expired": Response.error(
        401,
        "ExpiredAuthenticationToken",
        "The access token expiry UTC time is earlier than current UTC time.",
        www_authenticate='Bearer error="invalid_token", error_description="The token expired."',
    ),
    "forbidden": Response.error(
        403,
        "AuthorizationFailed",
        "The client does not have authorization to perform the action, or the scope is invalid.",
    ),
    "missing": Response.error(404, "UserError", "What is asked for was not found."),
    "html": Response(200, _PAGE, {"Content-Type": "text/html; charset=utf-8"}),
}


@dataclass
class Fault:
    """One injected fault: which requests it hits, and which of those.

    Attributes:
        kind: What happens.
        method: Only requests whose method matches this regular expression as a whole.
        host: Only requests whose host matches this regular expression, from its start.
        path: Only requests whose path holds a match of this regular expression.
        number: The first request that is hit, counted from 1 among those that match.
        times: How many requests are hit, from that one on; None for all.
        answer: Answer this instead of the kind's usual answer.
        hits: How many requests were hit so far.
        on_hit: Is called with each of them: after the effect if there is one, for "none" before it.
    """

    kind: Kind
    method: str | None = None
    host: str | None = None
    path: str | None = None
    number: int = 1
    times: int | None = 1
    answer: Response | None = None
    hits: int = 0
    on_hit: Callable[[Request], object] = field(default=lambda request: None, repr=False)
    _seen: int = field(default=0, repr=False)

    def takes(self, request: Request) -> bool:
        """Count the request, and say whether it is to be hit."""
        if self.method is not None and not re.fullmatch(self.method, request.method):
            return False
        if self.host is not None and not re.match(self.host, request.host):
            return False
        if self.path is not None and not re.search(self.path, request.path):
            return False
        self._seen += 1
        if self._seen < self.number:
            return False
        if self.times is not None and self._seen >= self.number + self.times:
            return False
        self.hits += 1
        return True


class Faults:
    """All injected faults, asked by many threads."""

    def __init__(self) -> None:
        self.latency = 0.0
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> Fault:
        with self._lock:
            self._faults.append(fault)
        return fault

    def clear(self) -> None:
        with self._lock:
            self.latency = 0.0
            self._faults.clear()

    def apply(
        self, request: Request, answer: Callable[[], Response]
    ) -> tuple[Response | None, str | None]:
        """Answer a request, or do what a fault says.

        Args:
            request: The request.
            answer: What the service does.

        Returns:
            The answer, None to drop the connection, and the fault's kind if there was one.
        """
        with self._lock:
            # Every fault counts every request, whichever of them hits first.
            taken = [fault for fault in self._faults if fault.takes(request)]
        if not taken:
            return answer(), None
        fault = taken[0]
        if fault.kind == "lose":
            answer()
            fault.on_hit(request)
            return None, fault.kind
        fault.on_hit(request)
        if fault.kind == "none":
            return answer(), None
        if fault.kind in ("cut", "slow"):
            whole = answer()
            if fault.kind == "cut" and not whole.body:
                return None, fault.kind
            order = {CUT: "1"} if fault.kind == "cut" else {SLOW: SLOW_SECONDS}
            return Response(whole.status, whole.body, {**whole.headers, **order}), fault.kind
        if fault.kind == "drop":
            return None, fault.kind
        return fault.answer or ANSWERS[fault.kind], fault.kind
