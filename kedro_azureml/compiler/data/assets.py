"""Root datasets that the workspace knows: they are read from there instead of being uploaded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from kedro_azureml.compiler.data.job_datasets import Dataset
from kedro_azureml.config.models.dataset import SECTION, DatasetSettings, Place
from kedro_azureml.datasets.local_copies import fetched_version, find_copy
from kedro_azureml.datasets.location import Location, locate
from kedro_azureml.datasets.paths import LocalPath, on_disk
from kedro_azureml.datasets.wrappers import AssetEntry, wrapper_folder
from kedro_azureml.diagnostics import Diagnostic
from kedro_azureml.job.model import DataType, InputMode
from kedro_azureml.job.references import AssetReference, without_prefix

_FOLDERS = ("uri_folder", "mltable", "mlflow_model")


@dataclass(frozen=True)
class Asset:
    """Where a root dataset's data is in Azure.

    Attributes:
        address: As the document has it.
        mount: The project-relative path at which the step finds it.
        source: Where the local copy of it belongs, absolute.
        type: Azure ML's type.
        mode: How a step gets it; None for Azure ML's own way.
    """

    address: str
    mount: str
    source: Path
    type: DataType
    mode: InputMode | None


def find_assets(
    roots: Iterable[Dataset],
    project_path: Path,
    load_versions: Mapping[str, str],
    place: Place,
    *,
    needs_copies: bool,
) -> tuple[dict[str, Asset], list[Diagnostic]]:
    """Find the paths of root datasets at which a step mounts an asset, and what is wrong there.

    Of a path that several datasets have, what one of them says counts for all.

    Args:
        roots: The datasets that no step makes.
        project_path: The Kedro project's root, absolute.
        load_versions: Dataset name to the version to load.
        place: Gives the place of a value in the catalog, for messages.
        needs_copies: Whether assets are read from their local copies, as a rehearsal does.

    Returns:
        The assets by `LocalPath.relative`; KAZ107 and KAZ312 to KAZ314.
    """
    assets: dict[str, Asset] = {}
    problems: list[Diagnostic | None] = []
    for dataset, variant in ((root, variant) for root in roots for variant in root.variants):
        config, settings = dataset.configs[variant], dataset.settings[variant]
        if settings.asset is None:
            continue
        location = locate(config, project_path)
        wrong = _check_entry(variant, config, settings, location, load_versions.get(variant), place)
        problems.append(wrong)
        if not location.paths:
            continue
        asset = asset_of(settings.asset, config, location, settings, project_path)
        other = assets.setdefault(location.paths[0].relative, asset)
        if other.address != asset.address:
            problems.append(_two_assets(variant, asset, other))
        elif needs_copies and wrong is None:
            chosen = load_versions.get(variant)
            problems.append(_check_copy(variant, asset, project_path, chosen))
    return assets, [problem for problem in problems if problem]


def asset_of(
    address: str,
    config: Mapping[str, Any],
    location: Location,
    settings: DatasetSettings,
    project_path: Path,
) -> Asset:
    """Return what a step mounts in the place of an entry's local path.

    Args:
        address: Where the data is in Azure, as the document has it.
        config: The entry.
        location: Where the entry has its data here.
        settings: What the entry says to Azure ML.
        project_path: The Kedro project's root, absolute.
    """
    path = location.paths[0]
    kind = settings.type or _default_type(path, location)
    mount = path.relative
    if AssetEntry.of(config) is not None and kind in _FOLDERS:
        # The wrapped path leads into the folder that the asset is.
        mount = wrapper_folder(config, project_path)
    return Asset(address, mount, on_disk(mount, project_path), kind, settings.mode)


def _default_type(path: LocalPath, location: Location) -> DataType:
    """Return a folder's type for what Kedro keeps in folders, and a file's for all else."""
    is_folder = (
        location.versioned or path.keys[-1] == "path" or not PurePosixPath(path.relative).suffix
    )
    return "uri_folder" if is_folder else "uri_file"


def _check_entry(
    name: str,
    config: Mapping[str, Any],
    settings: DatasetSettings,
    location: Location,
    load_version: str | None,
    place: Place,
) -> Diagnostic | None:
    """Report KAZ312 and KAZ107: an asset that an entry's dataset cannot read."""
    where = place(name, (*SECTION, "asset"))
    if location.kind != "local":
        return Diagnostic(
            "KAZ312",
            f"The dataset '{name}' names '{without_prefix(str(settings.asset))}' as its asset, and "
            "has no local path: a step mounts an asset in the place of a file or a folder.",
            "Give it a dataset with a path, such as filepath: data/01_raw/NAME.csv, or remove the "
            "asset.",
            where=where,
        )
    if location.versioned and settings.type not in (None, "uri_folder"):
        return Diagnostic(
            "KAZ312",
            f"The dataset '{name}' is versioned, so its asset is the folder of its versions, and "
            f"no {settings.type}.",
            "Remove 'versioned' from the entry, or 'type' from its metadata.",
            where=place(name, (*SECTION, "type")),
        )
    has_versions = location.versioned or AssetEntry.of(config) is not None
    if load_version is not None and not has_versions:
        return Diagnostic(
            "KAZ107",
            f"--load-versions names '{name}', which has no versions of its own: 'kedro run' would "
            "read its local copy whatever it says.",
            f"Write the asset's version into the catalog: {where}.",
            where="--load-versions",
        )
    return None


def _check_copy(
    name: str, asset: Asset, project_path: Path, load_version: str | None
) -> Diagnostic | None:
    """Report KAZ313 and KAZ315: a rehearsal has no local copy to read, or one of another time."""
    if find_copy(project_path, asset.mount, asset.address) is not None:
        here = fetched_version(project_path, asset.mount)
        reference = AssetReference.parse(asset.address)
        if reference is None or here is None or reference.version in (None, here):
            return None
        return Diagnostic(
            "KAZ315",
            f"The copy of '{reference.name}' at '{asset.mount}' is its version {here}, and the "
            f"dataset '{name}' is read from version {reference.version}.",
            f"Fetch that with 'kedro azureml data pull {name}'.",
            severity="warning",
            where=f"catalog {name}",
        )
    option = f" --load-versions {name}:{load_version}" if load_version else ""
    return Diagnostic(
        "KAZ313",
        f"The dataset '{name}' is read from {without_prefix(asset.address)}, and there is no copy "
        f"of that here, at '{asset.mount}'.",
        f"Fetch it with 'kedro azureml data pull {name}{option}', or put data of your own there.",
        where=f"catalog {name}",
    )


def _two_assets(name: str, asset: Asset, other: Asset) -> Diagnostic:
    """Report KAZ314: of one place, two catalog entries name different assets."""
    return Diagnostic(
        "KAZ314",
        f"The dataset '{name}' is read from {without_prefix(asset.address)}, and another dataset "
        f"of the same path, '{asset.mount}', from {without_prefix(other.address)}.",
        "Let both name the same asset, or give one of them another path.",
        where=f"catalog {name}",
    )
