"""AzureMLPipelineDataset: a dataset whose folder a step may move."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kedro.io import AbstractDataset, DatasetError
from kedro.io.core import VERSION_KEY, parse_dataset_definition


class AzureMLPipelineDataset(AbstractDataset[Any, Any]):
    """Wraps another dataset and keeps its data at ``<root_dir>/<filepath>``.

    The constructor is that of kedro-azureml 1.0. Any dataset on a local path now crosses steps
    by itself, so the wrapper is needed only where a catalog already uses it.

    Args:
        dataset: The wrapped dataset: a configuration with ``type``, a class path or a class.
        root_dir: The folder that is put before the path. A path that is absolute stays as it is.
        filepath_arg: The argument of the wrapped dataset that takes the path.
        metadata: Anything; Kedro ignores it.

    Raises:
        DatasetError: The wrapped dataset is versioned, or has no ``filepath_arg``.
    """

    def __init__(
        self,
        dataset: str | type[AbstractDataset[Any, Any]] | dict[str, Any],
        root_dir: str = "data",
        filepath_arg: str = "filepath",
        metadata: dict[str, Any] | None = None,
    ) -> None:
        config = dict(dataset) if isinstance(dataset, dict) else {"type": dataset}
        self._dataset_type, self._dataset_config = parse_dataset_definition(config)
        if VERSION_KEY in self._dataset_config:
            raise DatasetError(
                "AzureMLPipelineDataset does not support versioning: remove 'versioned' from the "
                "wrapped dataset."
            )
        if filepath_arg not in self._dataset_config:
            raise DatasetError(
                f"The dataset in AzureMLPipelineDataset has no '{filepath_arg}': add it, or name "
                "the argument that takes the path with 'filepath_arg'."
            )
        self.root_dir = root_dir
        self.metadata = metadata
        self._filepath_arg = filepath_arg
        path = Path(self._dataset_config[filepath_arg])
        # Kedro makes a nested `filepath` absolute before this class sees it.
        self._relative = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path

    @property
    def path(self) -> Path:
        """Where the data is."""
        return Path(self.root_dir) / self._relative

    @property
    def _filepath(self) -> Path:
        # kedro-mlflow and kedro-viz read this attribute.
        return self.path

    def _wrapped(self) -> AbstractDataset[Any, Any]:
        return self._dataset_type(**{**self._dataset_config, self._filepath_arg: str(self.path)})

    def load(self) -> Any:
        """Load with the wrapped dataset."""
        return self._wrapped().load()

    def save(self, data: Any) -> None:
        """Save with the wrapped dataset."""
        self._wrapped().save(data)

    def _exists(self) -> bool:
        return self._wrapped().exists()

    def _describe(self) -> dict[str, Any]:
        return {
            "dataset": self._dataset_type.__name__,
            "root_dir": self.root_dir,
            "path": str(self.path),
        }
