"""Operations that take a while: a client asks about each until it is over."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass

from tests.kit.azureml.http.messages import Json, Request, Response
from tests.kit.azureml.workspace.clouds import REGION
from tests.kit.azureml.workspace.workspace import PROVIDER, Workspace

PLACE = f"/providers/{PROVIDER}/locations/{REGION}/mfeOperationsStatus/"


@dataclass
class _Operation:
    """Something that takes a while.

    Attributes:
        polls: How often it has yet to be asked about before it is over.
        effect: What is done when it is over.
        failed: Whether it fails in the end.
    """

    polls: int
    effect: Callable[[], None]
    failed: bool


class Operations:
    """Long-running operations of a workspace.

    Attributes:
        polls: How often an operation has to be asked about before it is over.
        at_once: Whether they are over with the first answer: a client waits a second for others.
        failing: How many of the next ones fail.
        last_state: How the last one that was begun ends.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._operations: dict[str, _Operation] = {}
        self.polls = 1
        self.at_once = False
        self.failing = 0
        self.last_state = "Succeeded"

    def accept(
        self,
        request: Request,
        status: int,
        body: Json | None = None,
        effect: Callable[[], None] = lambda: None,
    ) -> Response:
        """Say that something was begun, and where to ask about it."""
        self.last_state = "Failed" if self.failing else "Succeeded"
        failed = self.failing > 0
        self.failing = max(0, self.failing - 1)
        if self.at_once:
            effect()
            return Response(200) if body is None else Response.json(body, status)
        name = str(uuid.uuid4())
        self._operations[name] = _Operation(self.polls, effect, failed)
        version = request.query.get("api-version")
        address = (
            f"https://{request.host}/subscriptions/{self._workspace.subscription}{PLACE}{name}"
            f"?api-version={version}"
        )
        # 0 would mean the SDK's default of 30 seconds.
        headers = {"Azure-AsyncOperation": address, "Location": address, "Retry-After": "1"}
        answer = Response(status) if body is None else Response.json(body, status)
        return Response(answer.status, answer.body, {**answer.headers, **headers})

    def answer(self, name: str) -> Response:
        """How an operation stands."""
        operation = self._operations.get(name)
        if operation is None:
            return Response.error(404, "NotFound", f"Operation {name} was not found.")
        if operation.polls > 0:
            operation.polls -= 1
            return Response.json({"status": "InProgress"}, retry_after="1")
        if operation.failed:
            error = {"code": "InternalServerError", "message": "The operation failed."}
            return Response.json({"status": "Failed", "error": error})
        operation.effect()
        operation.effect = lambda: None
        return Response.json({"status": "Succeeded"})
