"""What a shard has written: which partitions, and an object that is still to be combined."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kedro.framework.hooks import hook_impl

from kedro_azureml.dataset_names import base_name
from kedro_azureml.step.data.folders import write_manifest


class SavedPartitions:
    """A Kedro hook that remembers which partitions a shard has saved.

    Attributes:
        of: The names, by dataset.
    """

    def __init__(self) -> None:
        self.of: dict[str, tuple[str, ...]] = {}

    @hook_impl
    def after_dataset_saved(self, dataset_name: str, data: Any) -> None:
        """Look at what was saved."""
        if isinstance(data, Mapping):
            # As the dataset does.
            self.of[base_name(dataset_name)] = tuple(sorted(str(n).lstrip("/") for n in data))


def describe_partials(partials: Mapping[str, Path]) -> None:
    """Say in the folders of a shard's results that these are whole.

    They are no dataset: that is what combines them.
    """
    for folder in partials.values():
        write_manifest(folder, "", "object")
