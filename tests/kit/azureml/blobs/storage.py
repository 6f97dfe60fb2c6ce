"""The workspace's storage account: Azurite, as the SDK and as the service itself see it."""

from __future__ import annotations

import contextlib
import http.client
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from queue import Empty, LifoQueue
from typing import Any

from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from azure.storage.blob import (
    AccountSasPermissions,
    BlobSasPermissions,
    BlobServiceClient,
    ContainerClient,
    ContainerSasPermissions,
    ResourceTypes,
    generate_account_sas,
    generate_blob_sas,
    generate_container_sas,
)

from tests.kit.azureml.http.certificates import Certificates
from tests.kit.azureml.http.messages import Request, Response

_LIFETIME = timedelta(hours=12)


class Storage:
    """One storage account with its containers."""

    def __init__(self, account: str, key: str, port: int, certificates: Certificates) -> None:
        self.account = account
        self.key = key
        # The sovereign clouds have others.
        self.endpoint = "core.windows.net"
        self._port = port
        self._tls = certificates.client()
        # Any thread may use any of them, one at a time.
        self._idle: LifoQueue[http.client.HTTPSConnection] = LifoQueue()
        self.blobs = BlobServiceClient(
            f"https://127.0.0.1:{port}/{account}",
            credential={"account_name": account, "account_key": key},
            connection_verify=str(certificates.authority),
            proxies={},
            retry_total=3,
            initial_backoff=0.1,
        )

    @property
    def url(self) -> str:
        """The account's address."""
        return f"https://{self.account}.blob.{self.endpoint}"

    def clear(self) -> None:
        """Delete everything."""
        for container in list(self.blobs.list_containers()):
            self.blobs.delete_container(container.name)

    def holding(self, forms: list[bytes]) -> list[str]:
        """Blobs whose name or content has one of the texts."""
        found = []
        for container in self.blobs.list_containers():
            for name in self.names(container.name):
                content = name.encode() + b"\n" + self.read(container.name, name)
                if any(form in content for form in forms):
                    found.append(f"{container.name}/{name}")
        return found

    def container(self, name: str) -> ContainerClient:
        """A container, made when it is missing."""
        client = self.blobs.get_container_client(name)
        with contextlib.suppress(ResourceExistsError):
            client.create_container()
        return client

    def answer(self, request: Request) -> Response:
        """Pass a request on to Azurite."""
        try:
            connection = self._idle.get_nowait()
        except Empty:
            connection = self._connect()
        try:
            return self._pass_on(request, connection)
        except (OSError, http.client.HTTPException):
            # Azurite closes a connection that was idle for five seconds.
            connection.close()
            connection = self._connect()
            return self._pass_on(request, connection)
        finally:
            self._idle.put(connection)

    def _connect(self) -> http.client.HTTPSConnection:
        return http.client.HTTPSConnection("127.0.0.1", self._port, context=self._tls)

    def _pass_on(self, request: Request, connection: http.client.HTTPSConnection) -> Response:
        connection.putrequest(
            request.method, request.target, skip_host=True, skip_accept_encoding=True
        )
        for name, value in request.headers.items():
            if name not in ("connection", "content-length", "transfer-encoding"):
                connection.putheader(name, value)
        connection.putheader("content-length", str(len(request.body)))
        connection.endheaders(request.body)
        answer = connection.getresponse()
        return Response(answer.status, answer.read(), dict(answer.getheaders()))

    def close(self) -> None:
        """Close all connections."""
        while not self._idle.empty():
            self._idle.get().close()
        self.blobs.close()

    def blob_url(self, container: str, name: str) -> str:
        """An address at which one blob can be read."""
        token = generate_blob_sas(
            self.account,
            container,
            name,
            account_key=self.key,
            permission=BlobSasPermissions(read=True),
            expiry=_expiry(),
        )
        return f"{self.url}/{container}/{name}?{token}"

    def container_url(self, container: str) -> str:
        """An address at which blobs of a container can be read and written."""
        token = generate_container_sas(
            self.account,
            container,
            account_key=self.key,
            permission=ContainerSasPermissions(read=True, write=True, list=True, create=True),
            expiry=_expiry(),
        )
        return f"{self.url}/{container}?{token}"

    def account_token(self) -> str:
        """A shared access signature, as a datastore's secret."""
        return str(
            generate_account_sas(
                self.account,
                self.key,
                ResourceTypes(container=True, object=True),
                AccountSasPermissions(read=True, write=True, list=True, create=True, delete=True),
                _expiry(),
            )
        )

    def names(self, container: str, prefix: str = "") -> list[str]:
        """Blobs below a prefix; none when there is no such container."""
        found: Iterable[Any] = self.blobs.get_container_client(container).list_blob_names(
            name_starts_with=prefix
        )
        try:
            return [str(name) for name in found]
        except ResourceNotFoundError:
            return []

    def read(self, container: str, name: str) -> bytes:
        data: bytes = self.blobs.get_blob_client(container, name).download_blob().readall()
        return data

    def write(self, container: str, name: str, data: bytes) -> None:
        self.blobs.get_blob_client(container, name).upload_blob(data, overwrite=True)

    def fetch(self, container: str, prefix: str, target: Path) -> None:
        """Write what a prefix holds below a folder, or the one blob of that name as a file."""
        names = self.names(container, prefix.rstrip("/"))
        if prefix in names:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(self.read(container, prefix))
            return
        start = prefix.rstrip("/") + "/"
        target.mkdir(parents=True, exist_ok=True)
        for name in names:
            if name.startswith(start):
                file = target / name.removeprefix(start)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(self.read(container, name))

    def store(self, source: Path, container: str, prefix: str) -> None:
        """Upload a file, or the files below a folder."""
        if source.is_file():
            self.write(container, prefix.rstrip("/"), source.read_bytes())
            return
        for file in sorted(source.rglob("*")):
            if file.is_file():
                name = f"{prefix.rstrip('/')}/{file.relative_to(source).as_posix()}"
                self.write(container, name, file.read_bytes())


def _expiry() -> datetime:
    return datetime.now(timezone.utc) + _LIFETIME
