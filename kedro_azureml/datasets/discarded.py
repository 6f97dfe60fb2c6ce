"""What a process saves nowhere, because another process of its step does."""

from __future__ import annotations

from typing import Any

from kedro.io import AbstractDataset, DatasetError


class DiscardedDataset(AbstractDataset[Any, Any]):
    """Takes the place of an output in every process of a distributed step but the main one.

    Args:
        name: The Kedro dataset that it stands for, for messages.
    """

    def __init__(self, name: str = "") -> None:
        self._name = name

    def load(self) -> Any:
        """Refuse to load: nothing was saved here.

        Raises:
            DatasetError: Always.
        """
        raise DatasetError(f"'{self._name}' is saved by the step's main process, not by this one.")

    def save(self, data: Any) -> None:
        """Drop the data."""

    def _exists(self) -> bool:
        return False

    def _describe(self) -> dict[str, Any]:
        return {"name": self._name}
