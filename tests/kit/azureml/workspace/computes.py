"""Computes: creating, showing and deleting them, as long-running operations."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from typing import Literal

from tests.kit.azureml.http.messages import Json, Request, Response
from tests.kit.azureml.http.routes import Route
from tests.kit.azureml.workspace.clouds import REGION
from tests.kit.azureml.workspace.workspace import Workspace

# What Azure's documentation says of the name of a compute.
_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9-]{1,30}[a-zA-Z0-9]")
OPERATIONS = "/providers/Microsoft.MachineLearningServices/locations/"


@dataclass
class _Operation:
    """Something that takes a while.

    Attributes:
        compute: What it is about.
        polls: How often it has yet to be asked about before it is over.
        deletes: Whether the compute is gone in the end.
    """

    compute: str
    polls: int
    deletes: bool = False


class Computes:
    """Answers about computes.

    Attributes:
        polls: How often an operation has to be asked about before it is over.
        failing: Computes that cannot be provisioned, and what the service says of them.
        deleted: Names of those that were deleted, with what was asked for: Delete or Detach.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._operations: dict[str, _Operation] = {}
        self.polls = 1
        self.failing: dict[str, str] = {}
        self.deleted: list[tuple[str, str]] = []

    def routes(self) -> list[Route]:
        """What Azure Resource Manager answers about the workspace's computes."""
        return [
            ("GET", "/computes", self._list),
            ("GET", "/computes/([^/]+)", self._get),
            ("PUT", "/computes/([^/]+)", self._put),
            ("DELETE", "/computes/([^/]+)", self._delete),
        ]

    def _list(self, request: Request) -> Response:
        return Response.json({"value": [self._body(name) for name in self._workspace.computes]})

    def _get(self, request: Request, name: str) -> Response:
        if name not in self._workspace.computes:
            return _missing(name)
        return Response.json(self._body(name))

    def _put(self, request: Request, name: str) -> Response:
        if not _NAME.fullmatch(name):
            return Response.error(400, "BadRequest", f"The compute name '{name}' is not valid.")
        body = request.json()
        identity = body.get("identity")
        if identity and identity["type"] != "None":
            asked = next(iter(identity.get("userAssignedIdentities") or {}), None)
            kind: Literal["system", "user"] = "user" if asked else "system"
            identity = self._workspace.give_identity(name, kind, asked)
        with self._workspace.lock:
            self._workspace.computes[name] = {
                **body["properties"],
                "computeLocation": body["location"],
                "provisioningState": "Creating",
                "provisioningErrors": None,
                "isAttachedCompute": False,
                "tags": body.get("tags"),
                "identity": identity,
            }
        return self._accepted(request, name, 201, self._body(name))

    def _delete(self, request: Request, name: str) -> Response:
        if name not in self._workspace.computes:
            return Response(204)
        self.deleted.append((name, request.query["underlyingResourceAction"]))
        return self._accepted(request, name, 202, None, deletes=True)

    def _accepted(
        self, request: Request, name: str, status: int, body: Json | None, *, deletes: bool = False
    ) -> Response:
        operation = str(uuid.uuid4())
        self._operations[operation] = _Operation(name, self.polls, deletes)
        address = (
            f"https://{request.host}/subscriptions/{self._workspace.subscription}{OPERATIONS}"
            f"{REGION}/computeOperationsStatus/{operation}"
            f"?api-version={request.query.get('api-version')}"
        )
        # 0 would mean the SDK's default of 30 seconds.
        headers = {"Azure-AsyncOperation": address, "Retry-After": "1"}
        answer = Response(status) if body is None else Response.json(body, status)
        return Response(answer.status, answer.body, {**answer.headers, **headers})

    def operation(self, name: str) -> Response:
        """How something that takes a while stands."""
        operation = self._operations.get(name)
        if operation is None:
            return Response.error(404, "NotFound", f"Operation {name} was not found.")
        if operation.polls > 0:
            operation.polls -= 1
            return Response.json({"status": "InProgress"}, retry_after="1")
        computes = self._workspace.computes
        if operation.deletes:
            computes.pop(operation.compute, None)
        elif operation.compute in self.failing:
            message = self.failing[operation.compute]
            error = {"code": "ClusterCoreQuotaReached", "message": message}
            compute = computes[operation.compute]
            compute["provisioningState"] = "Failed"
            compute["provisioningErrors"] = [{"error": error}]
            return Response.json({"status": "Failed", "error": error})
        else:
            computes[operation.compute]["provisioningState"] = "Succeeded"
            if computes[operation.compute]["computeType"] == "ComputeInstance":
                computes[operation.compute]["properties"]["state"] = "Running"
        return Response.json({"status": "Succeeded"})

    def _body(self, name: str) -> Json:
        properties = dict(self._workspace.computes[name])
        tags, identity = properties.pop("tags", None) or {}, properties.pop("identity", None)
        body = self._workspace.resource(f"computes/{name}", "computes", properties)
        # The service gives nobody's key back.
        inner = dict(properties.get("properties") or {})
        if inner.get("userAccountCredentials"):
            user = inner["userAccountCredentials"]["adminUserName"]
            inner["userAccountCredentials"] = {"adminUserName": user}
        body["properties"]["properties"] = inner
        return {**body, "location": REGION, "tags": tags, "identity": identity}


def _missing(name: str) -> Response:
    return Response.error(
        404, "ResourceNotFound", f"Compute with name {name} was not found in workspace."
    )
