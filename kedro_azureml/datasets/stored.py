"""A Python object in temporary storage: how data that is only in memory crosses steps there."""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING, Any

from kedro.io import AbstractDataset, DatasetError

from kedro_azureml.storage.access import Access, open_store, take
from kedro_azureml.storage.errors import NotPicklableError, StorageError

if TYPE_CHECKING:
    from kedro_azureml.storage.store import Store

_taken: list[Access] = []


def take_access() -> None:
    """Remove the storage's variables from the environment before the project's code sees it."""
    _taken[:] = [take(os.environ)]


@cache
def store_at(url: str) -> Store:
    """Return the store at a container's address; a process has one for each address.

    Raises:
        StorageError: It cannot be opened.
    """
    return open_store(url, _taken[0] if _taken else take(os.environ))


class StoredDataset(AbstractDataset[Any, Any]):
    """Stores any picklable object, lambdas and classes of ``__main__`` included.

    Args:
        url: The container's address.
        key: The object's key in it.
        name: The Kedro dataset that is stored, for messages.
    """

    def __init__(self, url: str, key: str, name: str = "") -> None:
        self._url = url
        self._key = key
        self._name = name

    def load(self) -> Any:
        """Read the object.

        Raises:
            DatasetError: It is missing or not whole, or cannot be rebuilt here.
        """
        try:
            return store_at(self._url).load(self._key)
        except StorageError as error:
            raise DatasetError(f"the dataset '{self._name}' cannot be read: {error}") from error

    def save(self, data: Any) -> None:
        """Store the object: a reader sees all of it or nothing.

        Raises:
            DatasetError: It cannot be pickled, or not be stored; the message names the dataset.
        """
        try:
            store_at(self._url).save(self._key, data)
        except NotPicklableError as error:
            raise DatasetError(
                f"KAZ304: the dataset '{self._name}' is a {type(data).__module__}."
                f"{type(data).__qualname__}, which cannot be pickled ({error}), so it cannot go "
                "from one step to another. Declare it in the catalog with a dataset type that can "
                "store it, or return plain data from the node."
            ) from error
        except StorageError as error:
            raise DatasetError(f"the dataset '{self._name}' cannot be stored: {error}") from error

    def _exists(self) -> bool:
        try:
            return store_at(self._url).exists(self._key)
        except StorageError as error:
            raise DatasetError(f"the dataset '{self._name}': {error}") from error

    def _describe(self) -> dict[str, Any]:
        return {"name": self._name, "url": self._url, "key": self._key}
