"""Temporary storage: where the data between steps lies when azureml.yml names a container.

Import cost matters: nothing is loaded until a name is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kedro_azureml.storage.blob import BlobStore
    from kedro_azureml.storage.errors import StorageError
    from kedro_azureml.storage.folder import FolderStore
    from kedro_azureml.storage.store import Store

__all__ = ["BlobStore", "FolderStore", "StorageError", "Store"]

_HOMES = {
    "BlobStore": "kedro_azureml.storage.blob",
    "FolderStore": "kedro_azureml.storage.folder",
    "StorageError": "kedro_azureml.storage.errors",
    "Store": "kedro_azureml.storage.store",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
