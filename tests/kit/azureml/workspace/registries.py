"""Registries: assets that several workspaces share, as a client of a registry reads them."""

from __future__ import annotations

import re

from tests.kit.azureml.http.messages import Json, Request, Response
from tests.kit.azureml.workspace.clouds import REGION
from tests.kit.azureml.workspace.workspace import PROVIDER, Workspace

_DISCOVERY = re.compile(r"/registrymanagement/v1\.0/registries/([^/]+)/discovery")
_ASSET = re.compile(
    r"/mferp/managementfrontend/subscriptions/[^/]+/resource[gG]roups/[^/]+"
    rf"/providers/{PROVIDER}/registries/(?P<registry>[^/]+)"
    r"/(?P<kind>\w+)/(?P<name>[^/]+)(?P<versions>/versions)?(?:/(?P<version>[^/]+))?"
)


class Registries:
    """Answers about registries; what is in them is the workspace's to say (`Workspace.share`)."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def answer(self, request: Request) -> Response | None:
        """What a registry answers; None if this is no request to one."""
        if request.method != "GET":
            return None
        if found := _DISCOVERY.fullmatch(request.path):
            return self._discovery(request, found[1])
        found = _ASSET.fullmatch(request.path)
        if found is None or found["registry"] not in self._workspace.registries:
            return None
        kinds = self._workspace.registries[found["registry"]]
        versions = kinds.get(found["kind"], {}).get(found["name"], {})
        if not versions or (found["version"] and found["version"] not in versions):
            name = ":".join(filter(None, (found["name"], found["version"])))
            return Response.error(404, "UserError", f"Not found: {found['kind']} {name}")
        base = f"azureml://registries/{found['registry']}/{found['kind']}/{found['name']}"
        if found["version"]:
            return Response.json(_version(base, found["version"], versions))
        if found["versions"]:
            shown = [_version(base, version, versions) for version in reversed(versions)]
            return Response.json({"value": shown[: int(request.query.get("$top", len(shown)))]})
        newest = next(reversed(versions))
        properties = {"latestVersion": newest, "nextVersion": None, "isArchived": False}
        return Response.json({"id": base, "name": found["name"], "properties": properties})

    def _discovery(self, request: Request, name: str) -> Response:
        if name not in self._workspace.registries:
            return Response.error(404, "UserError", f"The registry {name} was not found.")
        return Response.json(
            {
                "registryName": name,
                "subscriptionId": self._workspace.subscription,
                "resourceGroup": self._workspace.group,
                "primaryRegion": REGION,
                "primaryRegionResourceProviderUri": f"https://{request.host}/",
                "regions": [REGION],
            }
        )


def _version(base: str, version: str, versions: dict[str, Json]) -> Json:
    return {
        "id": f"{base}/versions/{version}",
        "name": version,
        "properties": {**versions[version], "provisioningState": "Succeeded"},
    }
