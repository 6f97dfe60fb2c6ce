"""Catalog entries of this package's own wrappers, read from their configuration alone.

docs/data-assets.md has the versions of an AzureMLAssetDataset, and where its local copies lie.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kedro_azureml.datasets.paths import EXTERNAL, LocalPath, relative_path
from kedro_azureml.job.references import LATEST, AssetReference

_PIPELINE_DATASET = "AzureMLPipelineDataset"
_ASSET_DATASET = "AzureMLAssetDataset"
DEFAULT_ASSET_TYPE = "uri_folder"
ASSET_TYPES = (DEFAULT_ASSET_TYPE, "uri_file")


@dataclass(frozen=True)
class AssetEntry:
    """What the catalog says of an AzureMLAssetDataset.

    Attributes:
        name: The data asset's name.
        version: Its version; None for the latest.
        type: What Azure ML calls it.
    """

    name: str
    version: str | None
    type: str

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> AssetEntry | None:
        """Read a resolved entry; None for one of another class."""
        if not _is(config, _ASSET_DATASET):
            return None
        return cls(
            str(config.get("azureml_dataset", "")),
            chosen_version(None, config.get("azureml_version")),
            str(config.get("azureml_type", DEFAULT_ASSET_TYPE)),
        )

    @property
    def reference(self) -> str:
        """The asset as a document names it."""
        label = LATEST if self.version is None else None
        return str(AssetReference(self.name, self.version, label))


def chosen_version(load_version: object, own: object) -> str | None:
    """Return the version of an asset that is read: the run's own, else the catalog's.

    Returns:
        None for the latest, which is also what ``latest`` means in either place.
    """
    chosen = own if load_version is None else load_version
    return None if chosen is None or str(chosen) == LATEST else str(chosen)


def with_load_version(config: Mapping[str, Any], load_version: str | None) -> Mapping[str, Any]:
    """Return an entry as a run reads it that was told another version of an asset."""
    if load_version is None or not _is(config, _ASSET_DATASET):
        return config
    return {**config, "azureml_version": load_version}


def is_wrapper(config: Mapping[str, Any]) -> bool:
    """Tell whether an entry is one of this package's that wraps another."""
    inner = config.get("dataset")
    if _is(config, _PIPELINE_DATASET):
        return isinstance(inner, Mapping)
    return _is(config, _ASSET_DATASET) and isinstance(inner, Mapping)


def wrapped_path(config: Mapping[str, Any], project_path: Path) -> LocalPath:
    """Return where a wrapper keeps its data: the wrapped path below a folder of its own."""
    key = str(config.get("filepath_arg", "filepath"))
    value = str(config["dataset"].get(key, ""))
    inside = relative_path(value, project_path)
    folder = wrapper_folder(config, project_path)
    relative = inside if inside.startswith(EXTERNAL) else posixpath.normpath(f"{folder}/{inside}")
    return LocalPath(("dataset", key), value, relative)


def wrapper_folder(config: Mapping[str, Any], project_path: Path) -> str:
    """Return the folder that a wrapper puts before the wrapped path, relative to the project."""
    root = relative_path(str(config.get("root_dir", "data")), project_path)
    asset = AssetEntry.of(config)
    return root if asset is None else f"{root}/{asset.name}/{asset.version or LATEST}"


def asset_folder(config: Mapping[str, Any], project_path: Path) -> str | None:
    """Return the folder that is the data asset of an AzureMLAssetDataset; None for all else."""
    asset = AssetEntry.of(config)
    is_folder = asset is not None and asset.type == DEFAULT_ASSET_TYPE
    return wrapper_folder(config, project_path) if is_folder else None


def _is(config: Mapping[str, Any], name: str) -> bool:
    kind = config.get("type")
    own = kind if isinstance(kind, str) else getattr(kind, "__name__", "")
    return own.rsplit(".", 1)[-1] == name
