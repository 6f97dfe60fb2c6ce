"""Stores to test: in real Azurite behind the service's gateway, and in a folder."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kedro_azureml.storage import BlobStore, FolderStore, Store
from tests.kit.azureml.service import AzureService

CONTAINER = "kedro"
MakeStore = Callable[..., BlobStore]


@pytest.fixture
def make_store(azure_service: AzureService) -> MakeStore:
    """Makes stores in an Azurite whose every request the gateway sees, and may spoil."""
    azure_service.storage.container(CONTAINER)
    options: dict[str, Any] = {
        "proxies": {"https": azure_service.gateway.address},
        "connection_verify": azure_service.network["SSL_CERT_FILE"],
        "initial_backoff": 0.01,
        "increment_base": 0.3,
    }

    def make(
        credential: Any = None, container: str = CONTAINER, url: str | None = None
    ) -> BlobStore:
        given = azure_service.storage.key if credential is None else credential
        return BlobStore(url or azure_service.storage.url, container, given, **options)

    return make


@pytest.fixture
def blobs(make_store: MakeStore) -> BlobStore:
    return make_store()


@pytest.fixture(params=["blob", "folder"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "folder":
        return FolderStore(tmp_path / "store")
    found: BlobStore = request.getfixturevalue("blobs")
    return found


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks so small that little data has several."""
    monkeypatch.setattr("kedro_azureml.storage.format.writer.BLOCK", 50_000)
    monkeypatch.setattr("kedro_azureml.storage.format.writer._LONG", 10_000)
    monkeypatch.setattr("kedro_azureml.storage.format.writer._PARTS", ((0, 20_000),))
    monkeypatch.setattr("kedro_azureml.storage.format.reader._PART", 20_000)
    with contextlib.suppress(ImportError):
        monkeypatch.setattr("kedro_azureml.storage.blob._FIRST", 10_000)
