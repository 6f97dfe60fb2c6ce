"""One HTTP transport for all of the SDK's clients: shared connections, patient with the network.

The SDK makes some thirty clients with a connection pool each, and retries neither a dropped POST
nor an expired token. Every request of a submission can be repeated safely: registering is a PUT
under a name that is known beforehand, and each POST asks for something without making anything. One
that starts a job under a name of the service's choice is sent once.
"""

from __future__ import annotations

import json
import random
import re
import threading
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

import requests
from azure.core.exceptions import (
    AzureError,
    HttpResponseError,
    ServiceRequestError,
    ServiceResponseError,
)
from azure.core.pipeline.transport import RequestsTransport
from requests.adapters import HTTPAdapter

ATTEMPTS = 6
# Where nothing can be reached at all, that is soon clear.
CONNECTION_ATTEMPTS = 4
# The SDK would wait for five minutes, six times.
_TIMEOUTS = {"connection_timeout": 30, "read_timeout": 120}
# As azure-storage-blob has it for a transport of its own; in blocks of 4 kB a download is slow.
_BLOCK = 256 << 10
CUT_SHORT = "the answer is cut short"
NOT_AZURES = "the answer is not Azure's"
_CONNECTIONS = 32
_RETRIED = frozenset({408, 429, 500, 502, 503, 504})
_FIRST_DELAY = 0.5
_LONGEST_DELAY = 30.0
_UNAUTHORIZED = 401
_ERROR = 400
# Of a schedule.
_STARTS_A_JOB = re.compile(r"/schedules/[^/]+/trigger$")

_Result = TypeVar("_Result")


class PatientTransport(RequestsTransport):  # type: ignore[misc]
    """Sends a request again after throttling, an error, a broken answer or an expired token.

    Attributes:
        renew: Gives a fresh bearer token for the one that was refused, or None.
        failure: Why the last request that got no answer got none.
        secrets_refusal: What was last answered instead of the key of a datastore; None when the key
            was given.
    """

    def __init__(self, attempts: int = ATTEMPTS, **timeouts: float) -> None:
        """Prepare a transport that makes so many attempts a request."""
        session = requests.Session()
        adapter = HTTPAdapter(pool_maxsize=_CONNECTIONS, max_retries=0)
        session.mount("https://", adapter)
        super().__init__(
            session=session,
            session_owner=False,
            connection_data_block_size=_BLOCK,
            **{**_TIMEOUTS, **timeouts},
        )
        self.renew: Callable[[str], str | None] | None = None
        self.failure: AzureError | None = None
        self.secrets_refusal: str | None = None
        self._attempts = attempts
        self._stop = threading.Event()

    def abandon(self) -> None:
        """End all waiting between attempts: the next failure of a request is final."""
        self._stop.set()

    @property
    def abandoned(self) -> bool:
        """Whether nobody waits for an answer any more."""
        return self._stop.is_set()

    def repeat(
        self, action: Callable[[], _Result], worth_repeating: Callable[[Exception], bool]
    ) -> _Result:
        """Do something that does not come through here, again after some failures."""
        for attempt in range(1, self._attempts + 1):
            try:
                return action()
            except Exception as error:
                last = attempt == self._attempts
                if last or not worth_repeating(error) or not self._pause(attempt, None):
                    raise
        raise AssertionError("unreachable")

    def send(self, request: Any, **kwargs: Any) -> Any:
        """Send a request, and again if that may help."""
        response = self._send_patiently(request, kwargs)
        if urlsplit(request.url).path.endswith("/listSecrets"):
            self._note_secrets(request, response.status_code)
        return response

    def _send_patiently(self, request: Any, kwargs: dict[str, Any]) -> Any:
        # A managed identity's address is plain http: not there means not on Azure.
        secure = request.url.lower().startswith("https://")
        attempts = self._attempts if secure and not _makes_something(request) else 1
        renewed = False
        for attempt in range(1, attempts + 1):
            last = attempt == attempts
            try:
                response = self._send_once(request, secure, kwargs)
            except (ServiceRequestError, ServiceResponseError) as error:
                unreached = isinstance(error, ServiceRequestError)
                last = last or (unreached and attempt >= CONNECTION_ATTEMPTS)
                if last or not self._pause(attempt, None):
                    if secure:
                        self.failure = error
                    raise
                continue
            status = response.status_code
            if last:
                return response
            if status == _UNAUTHORIZED and not renewed and self._authorize_again(request):
                renewed = True
            elif status not in _RETRIED or not self._pause(attempt, _retry_after(response)):
                return response
            # Gives the connection back.
            response.internal_response.close()
        raise AssertionError("unreachable")

    def _send_once(self, request: Any, secure: bool, options: dict[str, Any]) -> Any:
        """Send a request; a broken answer is as good as none."""
        try:
            response = super().send(request, **options)
        except HttpResponseError as error:
            # The transport has no such error for an answer, only for one that breaks off.
            raise ServiceResponseError(_broken(request, CUT_SHORT), error=error) from error
        if secure and not options.get("stream") and not _is_plausible(request, response):
            response.internal_response.close()
            raise ServiceResponseError(_broken(request, NOT_AZURES))
        return response

    def _note_secrets(self, request: Any, status: int) -> None:
        """Note whether the key of a datastore was given.

        Raises:
            ServiceResponseError: The service has failed. To the SDK that would mean that the key
                is not to be had, and it would go on without.
        """
        self.secrets_refusal = None if status < _ERROR else f"it answers {status} to listSecrets"
        if status in _RETRIED:
            raise ServiceResponseError(_broken(request, f"it keeps answering {status}"))

    def _authorize_again(self, request: Any) -> bool:
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer" or self.renew is None:
            return False
        fresh = self.renew(token)
        if fresh is None:
            return False
        request.headers["Authorization"] = f"Bearer {fresh}"
        return True

    def _pause(self, attempt: int, retry_after: str | None) -> bool:
        """Wait before the next attempt; False when there is to be none."""
        try:
            delay = min(float(retry_after or ""), _LONGEST_DELAY * 2)
        except ValueError:
            delay = min(_FIRST_DELAY * 2 ** (attempt - 1), _LONGEST_DELAY)
        # Threads that were throttled together must not come back together.
        return not self._stop.wait(delay * random.uniform(1.0, 1.3))  # noqa: S311


def _makes_something(request: Any) -> bool:
    """Tell whether a request starts a job under a name that nobody knows beforehand."""
    return request.method == "POST" and bool(_STARTS_A_JOB.search(urlsplit(request.url).path))


def _retry_after(response: Any) -> str | None:
    value: str | None = response.headers.get("Retry-After")
    return value


def _broken(request: Any, problem: str) -> str:
    return f"host='{urlsplit(request.url).hostname}': {problem}"


def _is_plausible(request: Any, response: Any) -> bool:
    """Whether an answer can be the service's own, and is not a gateway's or half of one."""
    if not 200 <= response.status_code < 300:
        return True
    body: bytes = response.internal_response.content
    kind = response.headers.get("Content-Type", "").lower()
    if "json" in kind or (body and "json" in request.headers.get("Accept", "")):
        try:
            json.loads(body or b"null")
        except ValueError:
            return False
        return True
    # Blob storage hands out whatever was stored, and signs it with this.
    return not kind.startswith("text/html") or "x-ms-request-id" in response.headers
