"""A workspace: what Azure Resource Manager says of it, its computes and its datastores."""

from __future__ import annotations

import threading
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from tests.kit.azureml.access.principals import Principal
from tests.kit.azureml.blobs.storage import Storage
from tests.kit.azureml.http.messages import Json, Request, Response
from tests.kit.azureml.http.routes import Route
from tests.kit.azureml.workspace.clouds import REGION, Cloud
from tests.kit.azureml.workspace.shapes import compute_properties

PROVIDER = "Microsoft.MachineLearningServices"
BLOB_STORE, ARTIFACT_STORE = "workspaceblobstore", "workspaceartifactstore"
ARTIFACT_CONTAINER = "azureml"
PUBLIC_HOST, PUBLIC_CONTAINER = "files.example.org", "public"
#: The workspace's own vault.
VAULT = "test-vault"


_NEW = {"isAnonymous": False, "isArchived": False, "properties": {}, "tags": {}}
_SYSTEM = {
    "createdAt": "2025-01-01T00:00:00.000000+00:00",
    "createdBy": "Test",
    "createdByType": "User",
    "lastModifiedAt": "2025-01-01T00:00:00.000000+00:00",
}


@dataclass
class Workspace:
    """One workspace and everything registered in it.

    Attributes:
        storage: Its storage account.
        cloud: The cloud that it is in.
        subscription: The subscription's id.
        group: The resource group.
        name: The workspace's name.
        computes: ARM properties by name.
        assets: Properties by kind ("environments", "codes", ...), name and version.
        identities: The managed identities of computes, by the compute's name.
        secrets: What the datastores hand out.
        datastores: The container of each datastore.
        outputs: Where the outputs of jobs lie, by the names of the job and the output.
        public: Files of the world outside, by their address: a container and a path of `storage`.
        registries: As `assets`, by the name of a registry.
        lock: Held while any of this is changed.
    """

    storage: Storage
    cloud: Cloud
    subscription: str
    group: str
    name: str
    computes: dict[str, Json] = field(default_factory=dict)
    assets: dict[str, dict[str, dict[str, Json]]] = field(default_factory=dict)
    identities: dict[str, Principal] = field(default_factory=dict)
    secrets: Literal["sas", "key", "none"] = "sas"
    datastores: dict[str, str] = field(default_factory=dict)
    outputs: dict[tuple[str, str], str] = field(default_factory=dict)
    public: dict[str, tuple[str, str]] = field(default_factory=dict)
    registries: dict[str, dict[str, dict[str, dict[str, Json]]]] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)
    uuid: str = field(default_factory=lambda: str(uuid.uuid4()))

    def __post_init__(self) -> None:
        self.storage.endpoint = self.cloud.storage
        self.add_datastore(BLOB_STORE, self.blob_container)
        self.add_datastore(ARTIFACT_STORE, ARTIFACT_CONTAINER)

    @property
    def id(self) -> str:
        return (
            f"/subscriptions/{self.subscription}/resourceGroups/{self.group}"
            f"/providers/{PROVIDER}/workspaces/{self.name}"
        )

    @property
    def long_uri(self) -> str:
        """How addresses of data begin where they say everything."""
        return (
            f"azureml://subscriptions/{self.subscription}/resourcegroups/{self.group}"
            f"/workspaces/{self.name}"
        )

    @property
    def tracking_uri(self) -> str:
        """What MLflow is given."""
        return f"azureml://{self.cloud.api}/mlflow/v1.0{self.id}"

    @property
    def blob_container(self) -> str:
        """The container of the default datastore."""
        return f"azureml-blobstore-{self.uuid}"

    def add_compute(
        self,
        name: str,
        kind: Literal["AmlCompute", "ComputeInstance", "Kubernetes"] = "AmlCompute",
        *,
        provisioning: str = "Succeeded",
        state: str = "Running",
        identity: Literal["system", "user"] | None = None,
    ) -> None:
        """Add a compute.

        Args:
            name: Its name.
            kind: A cluster, an instance, or an attached Kubernetes cluster.
            provisioning: ``Succeeded``, ``Creating``, ``Failed``...
            state: Of an instance: ``Running``, ``Stopped``...
            identity: The managed identity that it has: its own, or a user-assigned one.
        """
        group = self.id.partition("/providers")[0]
        self.computes[name] = compute_properties(name, kind, provisioning, state, group)
        if identity is not None:
            self.computes[name]["identity"] = self.give_identity(name, identity)

    def give_identity(
        self, compute: str, kind: Literal["system", "user"], arm_id: str | None = None
    ) -> Json:
        """Give a compute a managed identity; how Azure Resource Manager shows it."""
        made = self.identities.get(compute)
        if made is None or made.kind != kind:
            self.identities[compute] = made = Principal(f"{compute}-identity", kind=kind)
        if kind == "system":
            return {"type": "SystemAssigned", "principalId": made.object, "tenantId": self.uuid}
        group = self.id.partition("/providers")[0]
        kinds = f"{group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities"
        ids = {"principalId": made.object, "clientId": made.client}
        name = arm_id or f"{kinds}/{made.name}"
        return {"type": "UserAssigned", "userAssignedIdentities": {name: ids}}

    def add_environment(self, name: str, version: str = "1", image: str = "test-image") -> None:
        """Add a version of an environment."""
        versions = self.assets.setdefault("environments", {}).setdefault(name, {})
        versions[version] = {
            "image": image,
            "osType": "Linux",
            "environmentType": "UserCreated",
            **_NEW,
        }

    def add_data(
        self, name: str, source: Path, version: str = "1", kind: str | None = None
    ) -> None:
        """Add a version of a data asset.

        Args:
            name: Its name.
            source: A file or folder of this machine, which is uploaded.
            version: Its version.
            kind: ``mltable``, unless it is what it looks like.
        """
        uri = self._upload(f"assets/{name}/{version}", source)
        found = "uri_file" if source.is_file() else "uri_folder"
        properties = {"dataType": kind or found, "dataUri": uri}
        self.assets.setdefault("data", {}).setdefault(name, {})[version] = properties | _NEW

    def add_model(
        self, name: str, source: Path, version: str = "1", kind: str = "mlflow_model"
    ) -> None:
        """Add a version of a model: a file or folder of this machine, uploaded."""
        uri = self._upload(f"models/{name}/{version}", source)
        properties = {"modelType": kind, "modelUri": uri, "flavors": {}}
        self.assets.setdefault("models", {}).setdefault(name, {})[version] = properties | _NEW

    def share(self, registry: str, kind: str, name: str, version: str) -> str:
        """Copy an asset of this workspace into a registry; its address there."""
        kinds = self.registries.setdefault(registry, {}).setdefault(kind, {})
        kinds.setdefault(name, {})[version] = self.assets[kind][name][version]
        return f"azureml://registries/{registry}/{kind}/{name}/versions/{version}"

    def publish(self, path: str, content: bytes) -> str:
        """Put a file where everybody can read it; its address."""
        self.storage.container(PUBLIC_CONTAINER)
        self.storage.write(PUBLIC_CONTAINER, path, content)
        address = f"https://{PUBLIC_HOST}/{path}"
        self.public[address] = (PUBLIC_CONTAINER, path)
        return address

    def _upload(self, prefix: str, source: Path) -> str:
        self.storage.store(source, self.blob_container, f"{prefix}/{source.name}")
        path = f"{prefix}/{source.name}{'' if source.is_file() else '/'}"
        return f"{self.long_uri}/datastores/{BLOB_STORE}/paths/{path}"

    def add_datastore(self, name: str, container: str) -> None:
        """Add a datastore, which is a container of the storage account."""
        self.storage.container(container)
        self.datastores[name] = container

    def routes(self) -> list[Route]:
        """What Azure Resource Manager answers about the workspace itself."""
        return [
            ("GET", "", self._get),
            ("GET", "/datastores", self._list_datastores),
            ("GET", "/datastores/([^/]+)", self._get_datastore),
            ("POST", "/datastores/([^/]+)/listSecrets", self._list_secrets),
        ]

    def resource(self, path: str, kind: str, properties: Json | None) -> Json:
        """A resource below the workspace as ARM shows it."""
        return {
            "id": f"{self.id}/{path}",
            "name": path.rpartition("/")[2],
            "type": f"{PROVIDER}/workspaces/{kind}",
            "properties": properties,
            "systemData": _SYSTEM,
        }

    def _get(self, request: Request) -> Response:
        return Response.json(self.body())

    def body(self) -> Json:
        """The workspace as ARM shows it."""
        group = self.id.partition("/providers")[0]
        keyvault = f"{group}/providers/Microsoft.KeyVault/vaults/{VAULT}"
        storage = f"{group}/providers/Microsoft.Storage/storageAccounts/{self.storage.account}"
        return {
            "id": self.id,
            "name": self.name,
            "type": f"{PROVIDER}/workspaces",
            "location": REGION,
            "tags": {},
            "kind": "Default",
            "identity": {"type": "SystemAssigned", "tenantId": self.uuid},
            "sku": {"name": "Basic", "tier": "Basic"},
            "systemData": _SYSTEM,
            "properties": {
                "friendlyName": self.name,
                "description": "",
                "provisioningState": "Succeeded",
                "publicNetworkAccess": "Enabled",
                "workspaceId": self.uuid,
                "storageAccount": storage,
                "keyVault": keyvault,
                "discoveryUrl": f"https://{self.cloud.api}/discovery",
                "mlFlowTrackingUri": self.tracking_uri,
            },
        }

    def _list_datastores(self, request: Request) -> Response:
        if request.query.get("isDefault") == "true":
            return Response.json({"value": [self._datastore(BLOB_STORE)]})
        return Response.json({"value": [*map(self._datastore, self.datastores)]})

    def _get_datastore(self, request: Request, name: str) -> Response:
        if name not in self.datastores:
            return Response.error(404, "UserError", f"Could not find datastore: {name}")
        return Response.json(self._datastore(name))

    def _datastore(self, name: str) -> Json:
        credentials = {"sas": "Sas", "key": "AccountKey", "none": "None"}[self.secrets]
        properties = {
            "datastoreType": "AzureBlob",
            "accountName": self.storage.account,
            "containerName": self.datastores[name],
            "endpoint": self.cloud.storage,
            "protocol": "https",
            "isDefault": name == BLOB_STORE,
            "credentials": {"credentialsType": credentials},
            "serviceDataAccessAuthIdentity": "None",
            "properties": None,
            "tags": None,
            "description": None,
        }
        return self.resource(f"datastores/{name}", "datastores", properties)

    def _list_secrets(self, request: Request, name: str) -> Response:
        if self.secrets == "key":
            return Response.json({"secretsType": "AccountKey", "key": self.storage.key})
        return Response.json({"secretsType": "Sas", "sasToken": self.storage.account_token()})
