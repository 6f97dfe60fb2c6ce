"""Versioned assets of a workspace: environments, codes, components, data."""

from __future__ import annotations

import json
import re
import uuid
from datetime import datetime, timezone

from tests.kit.azureml.http.messages import Json, Request, Response
from tests.kit.azureml.http.routes import Route
from tests.kit.azureml.workspace.limits import problem_of_properties
from tests.kit.azureml.workspace.workspace import Workspace

KINDS = ("environments", "codes", "components", "data", "models")

_IN_REGISTRY = re.compile(r"azureml://registries/([^/]+)/(\w+)/([^/]+)/(versions|labels)/([^/]+)")


class Assets:
    """Registers and finds assets."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._hashes: dict[str, tuple[str, str]] = {}

    def routes(self) -> list[Route]:
        kinds = f"/({'|'.join(KINDS)})"
        return [
            ("GET", kinds, self._containers),
            ("GET", f"{kinds}/([^/]+)", self._container),
            ("GET", f"{kinds}/([^/]+)/versions", self._versions),
            ("GET", f"{kinds}/([^/]+)/versions/([^/]+)", self._get),
            ("PUT", f"{kinds}/([^/]+)/versions/([^/]+)", self._put),
            ("POST", f"{kinds}/([^/]+)/versions/([^/]+)/startPendingUpload", self._start_upload),
        ]

    def find(self, arm_id: str) -> Json | None:
        """An asset's properties by its ARM id, or by its address in a registry."""
        if shared := _IN_REGISTRY.fullmatch(arm_id):
            registry, kind, name, how, which = shared.groups()
            versions = self._workspace.registries.get(registry, {}).get(kind, {}).get(name, {})
            newest = next(reversed(versions), "")
            return versions.get(newest if (how, which) == ("labels", "latest") else which)
        found = re.search(r"/(\w+)/([^/]+)/versions/([^/]+)$", arm_id)
        if found is None:
            return None
        return self._all(found[1]).get(found[2], {}).get(found[3])

    def register(
        self, kind: str, name: str, properties: Json, version: str | None = None
    ) -> str | None:
        """Add a version, numbered if it has no name; None if it exists already."""
        with self._workspace.lock:
            versions = self._all(kind).setdefault(name, {})
            made = version or _next(versions)
            if made in versions:
                return None
            versions[made] = properties
        return made

    def _all(self, kind: str) -> dict[str, dict[str, Json]]:
        return self._workspace.assets.setdefault(kind, {})

    def _containers(self, request: Request, kind: str) -> Response:
        names = [
            name
            for name, versions in self._all(kind).items()
            if _is_shown(list(versions.values())[-1], request)
        ]
        return Response.json({"value": [self._container_of(kind, name) for name in names]})

    def _container(self, request: Request, kind: str, name: str) -> Response:
        if name not in self._all(kind):
            return _missing(kind, name)
        return Response.json(self._container_of(kind, name))

    def _container_of(self, kind: str, name: str) -> Json:
        versions = self._all(kind)[name]
        # The one that was made last, whatever its number.
        numbers = {"latestVersion": list(versions)[-1], "nextVersion": _next(versions)}
        return self._workspace.resource(f"{kind}/{name}", kind, {**numbers, "isArchived": False})

    def _versions(self, request: Request, kind: str, name: str) -> Response:
        if kind == "codes" and "hash" in request.query:
            # By content: the name that the client asks with was made up a moment ago.
            known = self._hashes.get(request.query["hash"])
            return Response.json({"value": [self._version("codes", *known)] if known else []})
        if name not in self._all(kind):
            return _missing(kind, name)
        # The newest first, which is what $orderBy=createdtime desc asks for.
        versions = [
            version
            for version, properties in reversed(list(self._all(kind)[name].items()))
            if _is_shown(properties, request)
        ]
        if "$top" in request.query:
            versions = versions[: int(request.query["$top"])]
        return Response.json({"value": [self._version(kind, name, v) for v in versions]})

    def _get(self, request: Request, kind: str, name: str, version: str) -> Response:
        if version not in self._all(kind).get(name, {}):
            return _missing(kind, f"{name}:{version}")
        return Response.json(self._version(kind, name, version))

    def _put(self, request: Request, kind: str, name: str, version: str) -> Response:
        properties: Json = request.json()["properties"]
        with self._workspace.lock:
            versions = self._all(kind).setdefault(name, {})
            problem = self._problem(kind, properties, versions.get(version))
            if problem is not None:
                return problem
            created = version not in versions
            versions[version] = properties
            if kind == "codes":
                content = properties.get("properties", {}).get("hash_sha256")
                if content is not None:
                    self._hashes[content] = (name, version)
        return Response.json(self._version(kind, name, version), 201 if created else 200)

    def _problem(self, kind: str, properties: Json, existing: Json | None) -> Response | None:
        """What is wrong with an asset that is to be registered."""
        if kind == "codes" and existing and existing["codeUri"] != properties["codeUri"]:
            return Response.error(
                400, "UserError", "A different code uri has been registered under the same name."
            )
        if kind in ("data", "models") and existing:
            fixed = ("dataType", "dataUri", "modelType", "modelUri")
            if any(existing.get(key) != properties.get(key) for key in fixed):
                return Response.error(400, "UserError", "Asset paths cannot be updated.")
        if (limit := problem_of_properties(properties)) is not None:
            return Response.error(400, "UserError", limit)
        if kind != "components":
            return None
        spec: Json = properties["componentSpec"]
        for key in ("code", "environment"):
            asset = spec.get(key)
            if asset and self.find(str(asset)) is None:
                return Response.error(
                    400, "UserError", f"The component's {key} does not exist: {asset}"
                )
        if existing and json.dumps(existing, sort_keys=True) != json.dumps(
            properties, sort_keys=True
        ):
            return Response.error(
                409, "UserError", "A different component is registered under the same name."
            )
        return None

    def _version(self, kind: str, name: str, version: str) -> Json:
        path = f"{kind}/{name}/versions/{version}"
        properties = {**self._all(kind)[name][version], "provisioningState": "Succeeded"}
        if kind == "models":
            properties["flavors"] = properties.get("flavors") or {}
        if kind == "components":
            spec = {**properties["componentSpec"], "creation_context": _now()}
            properties["componentSpec"] = {**spec, "id": f"azureml:{self._workspace.id}/{path}"}
        return self._workspace.resource(path, f"{kind}/versions", properties)

    def _start_upload(self, request: Request, kind: str, name: str, version: str) -> Response:
        # A container of its own for every upload, as on Azure.
        container = str(uuid.uuid4())
        storage = self._workspace.storage
        storage.container(container)
        return Response.json(
            {
                "pendingUploadId": container,
                "pendingUploadType": "TemporaryBlobReference",
                "blobReferenceForConsumption": {
                    "blobUri": f"{storage.url}/{container}",
                    "storageAccountArmId": None,
                    "credential": {
                        "credentialType": "SAS",
                        "sasUri": storage.container_url(container),
                    },
                },
            }
        )


def _next(versions: Json) -> str:
    """The number after the highest."""
    return str(max((int(v) for v in versions if v.isdigit()), default=0) + 1)


def _is_shown(properties: Json, request: Request) -> bool:
    """Whether a list has something: neither anonymous things nor, unless asked for, archived."""
    wanted = request.query.get("listViewType", "ActiveOnly")
    archived = bool(properties.get("isArchived"))
    hidden = properties.get("isAnonymous") and "$top" not in request.query
    return not hidden and (wanted == "All" or archived == (wanted == "ArchivedOnly"))


def _now() -> Json:
    return {"created_at": datetime.now(timezone.utc).isoformat(), "created_by": "Test"}


def _missing(kind: str, asset: str) -> Response:
    return Response.error(404, "UserError", f"Not found: {kind} {asset}")
