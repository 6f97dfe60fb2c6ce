"""AzureMLAssetDataset: a dataset whose data is a data asset of the workspace."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kedro.io import AbstractDataset, DatasetError
from kedro.io.core import Version

from kedro_azureml.datasets.local_copies import WRITTEN_HERE, newest_copy
from kedro_azureml.datasets.pipeline import AzureMLPipelineDataset
from kedro_azureml.datasets.wrappers import ASSET_TYPES, DEFAULT_ASSET_TYPE, chosen_version
from kedro_azureml.job.references import LATEST


class AzureMLAssetDataset(AzureMLPipelineDataset):
    """Wraps another dataset, whose files are a data asset.

    The constructor is that of kedro-azureml 1.0. On Azure ML the asset is an input of the step that
    reads it. Here its copy is read, at ``<root_dir>/<azureml_dataset>/<version>/<filepath>``, where
    ``kedro azureml data pull`` puts it. What a node saves here is the version ``local``.

    Any dataset on a local path can be read from an asset, by ``metadata.azureml`` of its entry;
    this class is for a file inside of a folder, and for catalogs that have it already.

    Args:
        azureml_dataset: The data asset's name.
        dataset: The wrapped dataset: a configuration with ``type``, a class path or a class.
        root_dir: The folder for the local copies.
        filepath_arg: The argument of the wrapped dataset that takes the path.
        azureml_type: ``uri_folder``: the path leads into the asset. ``uri_file``: it is the asset.
        version: Kedro's, which it fills from ``--load-versions``.
        azureml_version: The asset's version; the latest by default. ``--load-versions`` overrides
            it.
        metadata: Anything; Kedro ignores it.

    Raises:
        DatasetError: `azureml_type` is another, the wrapped dataset is versioned, or it has no
            ``filepath_arg``.
    """

    # Has Kedro pass `version` without `versioned: true` in the entry.
    versioned = True

    def __init__(
        self,
        azureml_dataset: str,
        dataset: str | type[AbstractDataset[Any, Any]] | dict[str, Any],
        root_dir: str = "data",
        filepath_arg: str = "filepath",
        azureml_type: str = DEFAULT_ASSET_TYPE,
        version: Version | None = None,
        azureml_version: str | int | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(dataset, root_dir, filepath_arg, metadata)
        if azureml_type not in ASSET_TYPES:
            raise DatasetError(
                f"azureml_type of an AzureMLAssetDataset is one of {', '.join(ASSET_TYPES)}, and "
                f"not '{azureml_type}'."
            )
        self._azureml_dataset = azureml_dataset
        self._azureml_type = azureml_type
        self._version = version
        self._azureml_version = azureml_version
        self._is_written_here = False

    @property
    def path(self) -> Path:
        """Where the data is that would be loaded."""
        return self._path_of(self._version_here() or LATEST)

    def _path_of(self, version: str) -> Path:
        if not self.root_dir:
            # A step: the path is that of the mounted input, or of the step's own folder.
            return Path(self._dataset_config[self._filepath_arg])
        return Path(self.root_dir, self._azureml_dataset, version, self._relative)

    def _version_here(self) -> str | None:
        if self._is_written_here:
            return WRITTEN_HERE
        load_version = self._version.load if self._version else None
        chosen = chosen_version(load_version, self._azureml_version)
        folder = Path.cwd() / self.root_dir / self._azureml_dataset
        return chosen or newest_copy(Path.cwd(), folder)

    def as_local_intermediate(self) -> None:
        """Load what a node of this run has saved, or will have."""
        self._is_written_here = True

    def load(self) -> Any:
        """Load the local copy with the wrapped dataset.

        Raises:
            DatasetError: There is no copy.
        """
        if not self.path.exists():
            raise DatasetError(
                f"There is no copy of the data asset '{self._azureml_dataset}' here, at "
                f"'{self.path}'. Fetch it with 'kedro azureml data pull', followed by the "
                "dataset's name."
            )
        return super().load()

    def save(self, data: Any) -> None:
        """Save with the wrapped dataset, as the version ``local``."""
        self.as_local_intermediate()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        super().save(data)

    def _describe(self) -> dict[str, Any]:
        return {
            "azureml_dataset": self._azureml_dataset,
            "azureml_version": self._azureml_version,
            "azureml_type": self._azureml_type,
            **super()._describe(),
        }
