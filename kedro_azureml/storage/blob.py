"""The store in a container of Azure Blob Storage."""

from __future__ import annotations

import logging
import re
import secrets
from base64 import b64encode
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from azure.core import MatchConditions
from azure.core.exceptions import AzureError, ResourceNotFoundError
from azure.storage.blob import BlobBlock, BlobClient, ContainerClient, StorageStreamDownloader

from kedro_azureml.storage.blob_errors import explain
from kedro_azureml.storage.format.blocks import Block, Kind, encode
from kedro_azureml.storage.format.reader import Source
from kedro_azureml.storage.format.writer import LARGEST_PART, Upload
from kedro_azureml.storage.store import Entry, Store

# What is read of a blob before its header is known; most datasets are smaller, and done with it.
_FIRST = 1 << 20
# The service's default would wait 15 seconds before the first of three retries.
_RETRIES = {
    "retry_total": 5,
    "retry_connect": 4,
    "retry_read": 5,
    "retry_status": 5,
    "initial_backoff": 0.5,
    "increment_base": 2,
    "random_jitter_range": 0,
}
_TIMEOUTS = {"connection_timeout": 20, "read_timeout": 120}
# Every part is one request.
_SIZES = {
    "max_single_get_size": 2 * LARGEST_PART,
    "max_chunk_get_size": 2 * LARGEST_PART,
    "max_single_put_size": 2 * LARGEST_PART,
}


class BlobStore(Store):
    """Objects and folders as blobs of one container.

    Args:
        account_url: The account's address, such as ``https://mine.blob.core.windows.net``.
        container: The container's name.
        credential: A login (any token credential), a shared access signature or an account key.
        options: Further arguments of azure-storage-blob's client, such as ``transport``.
    """

    def __init__(self, account_url: str, container: str, credential: Any, **options: Any) -> None:
        _hush()
        settings = {**_RETRIES, **_TIMEOUTS, **_SIZES, **options}
        self._client = ContainerClient(account_url, container, credential=credential, **settings)

    @classmethod
    def from_connection_string(cls, text: str, container: str, **options: Any) -> BlobStore:
        """Open a store by a connection string; Azurite's short form works too.

        Raises:
            ValueError: The text is not a connection string.
        """
        settings = _parsed(text)
        url = settings.get("blobendpoint")
        if url is None:
            protocol = settings.get("defaultendpointsprotocol", "https")
            suffix = settings.get("endpointsuffix", "core.windows.net")
            url = f"{protocol}://{settings['accountname']}.blob.{suffix}"
        credential: Any = settings.get("sharedaccesssignature")
        if "accountkey" in settings:
            name, key = settings["accountname"], settings["accountkey"]
            credential = {"account_name": name, "account_key": key}
        return cls(url, container, credential, **options)

    def __repr__(self) -> str:
        return f"BlobStore({self.url!r})"

    @property
    def url(self) -> str:
        """Return the container's address, without a signature."""
        return str(self._client.url).partition("?")[0]

    @property
    def account(self) -> str:
        """Return the storage account's name."""
        return str(self._client.account_name)

    def exists(self, key: str) -> bool:
        """Tell whether something is stored under a key."""
        with _explained(self._client, f"looking for '{key}'"):
            return bool(self._blob(key).exists())

    def delete(self, key: str) -> None:
        """Remove what is stored under a key, if anything."""
        with _explained(self._client, f"deleting '{key}'"):
            try:
                self._blob(key).delete_blob()
            except ResourceNotFoundError as error:
                if getattr(error, "error_code", None) == "ContainerNotFound":
                    raise

    def list(self, prefix: str = "") -> Iterator[Entry]:
        """List what is stored under keys that begin with a text."""
        with _explained(self._client, "listing what is stored"):
            for blob in self._client.list_blobs(name_starts_with=prefix or None):
                yield Entry(str(blob.name), int(blob.size or 0), blob.last_modified)

    def check(self) -> None:
        """Make sure that the container exists and may be read."""
        with _explained(self._client, "looking"):
            next(iter(self._client.list_blobs(results_per_page=1)), None)

    def create_container(self) -> None:
        """Create the container unless it exists."""
        with _explained(self._client, "making the container"):
            if not self._client.exists():
                self._client.create_container()

    def upload(self, key: str) -> Upload:
        """Begin to write what is to be stored under a key."""
        return _BlobUpload(self._blob(key), key)

    def source(self, key: str) -> Source:
        """Open what is stored under a key."""
        return _BlobSource(self._blob(key), key)

    def _blob(self, key: str) -> BlobClient:
        return self._client.get_blob_client(key)


@contextmanager
def _explained(client: ContainerClient | BlobClient, doing: str) -> Iterator[None]:
    try:
        yield
    except AzureError as error:
        # The cause stays out: its text may hold an address with a signature.
        raise explain(error, doing, str(client.account_name), client.container_name) from None


class _BlobUpload:
    in_order = False

    def __init__(self, blob: BlobClient, key: str) -> None:
        self._key = key
        self._blob = blob
        # Blocks of two writers at once must not mix. All ids of a blob have the same length.
        self._prefix = secrets.token_hex(8)
        self._header = self._id(99_999_999)

    def put(self, kind: Kind, blocks: list[Block], data: bytes) -> None:
        with self._explained():
            self._blob.upload_blob(encode(kind, blocks) + data, overwrite=True)

    def stage(self, number: int, data: bytes) -> None:
        self._stage(self._id(number), data)

    def stage_header(self, kind: Kind, blocks: list[Block]) -> None:
        self._stage(self._header, encode(kind, blocks))

    def commit(self, parts: int) -> None:
        # What is known last comes first.
        order = [self._header, *map(self._id, range(parts))]
        with self._explained():
            self._blob.commit_block_list([BlobBlock(name) for name in order])

    def abandon(self) -> None:
        """Do nothing: the service drops blocks that were never committed."""

    def _stage(self, name: str, data: bytes) -> None:
        with self._explained():
            self._blob.stage_block(name, data, length=len(data))

    def _explained(self) -> AbstractContextManager[None]:
        return _explained(self._blob, f"storing '{self._key}'")

    def _id(self, number: int) -> str:
        return b64encode(f"{self._prefix}{number:08}".encode()).decode()


class _BlobSource:
    def __init__(self, blob: BlobClient, key: str) -> None:
        self.name = key
        self._blob = blob
        with _explained(blob, f"reading '{key}'"):
            download = self._blob.download_blob(offset=0, length=_FIRST)
            self.first: bytes = _all_of(download)
        described = re.search(r"/(\d+)$", str(download.properties.content_range or ""))
        self.size = int(described[1]) if described else len(self.first)
        self._etag = download.properties.etag

    def read(self, offset: int, length: int) -> bytes:
        with _explained(self._blob, f"reading '{self.name}'"):
            return _all_of(
                self._blob.download_blob(
                    offset=offset,
                    length=length,
                    etag=self._etag,
                    match_condition=MatchConditions.IfNotModified,
                )
            )


def _all_of(downloader: StorageStreamDownloader[bytes]) -> bytes:
    """Return all bytes. The downloader's own `readall` would copy them twice more."""
    return b"".join(downloader.chunks())


def _hush() -> None:
    """Keep addresses with signatures out of logs of any level."""
    for name in ("azure", "urllib3"):
        logger = logging.getLogger(name)
        if logger.level < logging.WARNING:
            logger.setLevel(logging.WARNING)


# Azurite's well-known account, which its documentation gives to everybody.
_PUBLIC = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
_DEVELOPMENT = {"accountname": "devstoreaccount1", "accountkey": _PUBLIC}


def _parsed(text: str) -> dict[str, str]:
    """Return the settings of a connection string, with names in lower case."""
    parts = [part.partition("=") for part in text.strip().split(";") if part.strip()]
    settings = {name.strip().lower(): value.strip() for name, _, value in parts}
    if settings.get("usedevelopmentstorage", "").lower() == "true":
        proxy = settings.get("developmentstorageproxyuri", "http://127.0.0.1").rstrip("/")
        endpoint = f"{proxy}:10000/{_DEVELOPMENT['accountname']}"
        return {**_DEVELOPMENT, "blobendpoint": endpoint}
    if not {"accountname", "blobendpoint"} & settings.keys():
        raise ValueError("neither AccountName nor BlobEndpoint is in the connection string")
    if "accountkey" in settings and "accountname" not in settings:
        raise ValueError("AccountName is not in the connection string")
    return settings
