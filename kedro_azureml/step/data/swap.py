"""The swapped catalog: the project's own, with the step's datasets moved into the step's folders.

The configuration is changed, not the objects, and Kedro's own session builds the catalog from it.
So hooks, credentials, factories, validators and a custom DATA_CATALOG_CLASS all see one catalog.
Entries that the step does not use are never constructed.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from kedro.config import MissingConfigException
from kedro.framework.hooks import hook_impl
from kedro.framework.project import settings
from kedro.io import AbstractDataset, CatalogConfigResolver, DatasetError

from kedro_azureml.dataset_names import base_name
from kedro_azureml.datasets.discarded import DiscardedDataset
from kedro_azureml.datasets.location import Kind, Location, appends, locate, moved
from kedro_azureml.datasets.pickled import FILE_NAME, PickledDataset
from kedro_azureml.datasets.rebuild import config_of
from kedro_azureml.datasets.recalled import with_address
from kedro_azureml.datasets.stored import StoredDataset
from kedro_azureml.datasets.wrappers import with_load_version
from kedro_azureml.step.data.roots import common_root
from kedro_azureml.step.errors import StepError
from kedro_azureml.step.process.fork import catch_up_on_libraries

logger = logging.getLogger(__package__)

_STORED = f"{StoredDataset.__module__}.{StoredDataset.__qualname__}"
_PICKLED = f"{PickledDataset.__module__}.{PickledDataset.__qualname__}"
_DISCARDED = f"{DiscardedDataset.__module__}.{DiscardedDataset.__qualname__}"


class CatalogSwap:
    """Kedro hooks that move the datasets of one step.

    Args:
        project_path: The Kedro project's root.
        datasets: The datasets that the step's nodes use, transcoded names included.
        inputs: Dataset to the folder that an earlier step wrote.
        outputs: Dataset to the folder that this step writes.
        mounts: Project-relative path of a raw input to the folder it is laid out in.
        load_versions: Dataset to the version that it loads.
        optional: Outputs that are kept only where they can be.
        discarded: Outputs that this process leaves to another to save.
        stored: Dataset to the container's address and the key in it, for those that travel through
            temporary storage.
        objects: Outputs that are pickled, whatever the catalog says of them.
    """

    def __init__(
        self,
        project_path: Path,
        datasets: list[str],
        inputs: Mapping[str, Path],
        outputs: Mapping[str, Path],
        mounts: Mapping[str, Path],
        load_versions: Mapping[str, str],
        optional: frozenset[str] = frozenset(),
        discarded: frozenset[str] = frozenset(),
        stored: Mapping[str, tuple[str, str]] | None = None,
        objects: frozenset[str] = frozenset(),
    ) -> None:
        self._project_path = project_path
        self._datasets = datasets
        self._folders = {**inputs, **outputs}
        self._outputs = outputs
        self._mounts = mounts
        self._load_versions = load_versions
        self._optional = optional
        self._discarded = discarded
        self._stored = dict(stored or {})
        self._objects = objects
        self._locations: dict[str, Location] = {}
        self._appending: set[str] = set()

    def kind_of(self, dataset: str) -> Kind:
        """Return how an output travels; see `kedro_azureml.datasets.location.Location`."""
        return self._location(dataset).kind

    def may_be_empty(self, dataset: str) -> bool:
        """Tell whether an output may have no file: a folder of partitions may hold none."""
        return dataset in self._optional or any(
            path.keys[-1] == "path" for path in self._location(dataset).paths
        )

    def appends(self, dataset: str) -> bool:
        """Tell whether an output adds to its file."""
        return dataset in self._appending

    def root_of(self, dataset: str, folder: Path, files: Iterable[str]) -> str:
        """Return the part of an output's folder in which its files are.

        That is the dataset's own folder, or the folder around its file; of a versioned one, that
        of the version.
        """
        location = self._location(dataset)
        if location.root is not None:
            return location.root
        return common_root(
            [path.relative for path in location.paths], folder, files, versioned=location.versioned
        )

    @hook_impl(trylast=True)
    def after_context_created(self, context: Any) -> None:
        """Put the moved entries into the configuration that the catalog is built from."""
        # Every other hook has had its turn, and nothing has been loaded yet.
        catch_up_on_libraries()
        loader = context.config_loader
        configuration = _read(loader, "catalog")
        credentials = _read(loader, "credentials")
        usable = {
            name: entry
            for name, entry in configuration.items()
            if name in self._datasets or not _missing_credentials(entry, credentials)
        }
        self._check_credentials(usable, credentials)
        resolver = CatalogConfigResolver(usable, credentials, _runtime_patterns())
        swapped: dict[str, Any] = {}
        for name in self._datasets:
            if CatalogConfigResolver.is_pattern(name):
                # As an entry, a name with a brace would be a factory: it is moved as an object.
                continue
            if name in self._discarded:
                swapped[name] = {"type": _DISCARDED, "name": name}
                continue
            config = with_load_version(
                resolver.resolve_pattern(name), self._load_versions.get(name)
            )
            entry = self._moved_entry(name, config)
            if entry is not None:
                swapped[name] = entry
        new = {**usable, **swapped}
        # Kedro need not read them again.
        loader["credentials"] = credentials
        loader["catalog"] = new
        if loader["catalog"] is not new and loader["catalog"] != new:
            raise StepError(
                f"the project's config loader {type(loader).__name__} does not keep a value that "
                "is set on it, so the catalog cannot be moved into the step. Derive it from "
                "OmegaConfigLoader, or let its __getitem__ return a key that was set."
            )

    @hook_impl(trylast=True)
    def before_pipeline_run(self, catalog: Any) -> None:
        """Move the datasets that no entry could move: objects that another hook assigned."""
        for name in self._discarded:
            catalog[name] = DiscardedDataset(name)
        for name in self._datasets:
            if name in self._discarded:
                continue
            dataset = catalog.get(name, fallback_to_runtime_pattern=True)
            if dataset is None or isinstance(dataset, PickledDataset | StoredDataset):
                continue
            config = config_of(dataset)
            if config is None:
                self._check_not_crossing(name, dataset)
                continue
            if self._is_in_place(config) or self._is_filled(dataset, config):
                continue
            if self._location(name).kind == "local" and self._says_nothing(config):
                # Its entry was moved; a class whose __new__ makes another one keeps no word of it.
                continue
            entry = self._moved_entry(name, config)
            if entry is None:
                continue
            try:
                catalog[name] = AbstractDataset.from_config(name, entry)
            except DatasetError:
                self._check_not_crossing(name, dataset)

    def _check_not_crossing(self, name: str, dataset: Any) -> None:
        if base_name(name) in self._folders:
            raise StepError(
                f"a hook put the dataset '{name}' into the catalog as an object of the class "
                f"{type(dataset).__qualname__}, which cannot be built again with another path. "
                "Declare it in the catalog."
            )

    def _location(self, dataset: str) -> Location:
        return self._locations.get(base_name(dataset), Location("remote"))

    def _moved_entry(self, name: str, config: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return the entry for the step, or None where the project's own stays."""
        base = base_name(name)
        folder = self._folders.get(base)
        config = {"type": "MemoryDataset"} if base in self._objects else config
        location = locate(config, self._project_path)
        self._locations[base] = location
        if appends(config):
            self._appending.add(base)
        if location.kind == "object" and base in self._stored:
            url, key = self._stored[base]
            return {"type": _STORED, "url": url, "key": key, "name": name, **_validator(config)}
        if location.kind == "object" and folder is not None:
            return {
                **_validator(config),
                "type": _PICKLED,
                "filepath": (folder / FILE_NAME).as_posix(),
                "name": name,
                "required": base not in self._optional,
            }
        if location.kind != "local":
            is_input = base not in self._outputs
            return with_address(folder, config) if folder is not None and is_input else None
        roots = {
            path.relative: root
            for path in location.paths
            if (root := folder or self._mounted_at(name, path.relative)) is not None
        }
        if base in self._outputs:
            for relative, root in roots.items():
                # A class that expects `data/02_intermediate/` to exist finds it.
                (root / relative).parent.mkdir(parents=True, exist_ok=True)
        return moved(config, location, roots) if roots else None

    def _mounted_at(self, name: str, relative: str) -> Path | None:
        """Return the folder of a raw input.

        Of a versioned one, only the version's folder is mounted; of a file inside of a data asset,
        the folder that the asset is.
        """
        version = self._load_versions.get(name)
        folders = map(str, PurePosixPath(relative).parents)
        places = (f"{relative}/{version}", relative, *folders)
        return next((self._mounts[place] for place in places if place in self._mounts), None)

    def _is_in_place(self, config: Mapping[str, Any]) -> bool:
        """Tell whether a dataset was built from an entry that was moved."""
        roots = [f"{root}/" for root in (*self._folders.values(), *self._mounts.values())]
        return any(text.startswith(root) for text in _strings(config) for root in roots)

    def _is_filled(self, dataset: Any, config: Mapping[str, Any]) -> bool:
        """Tell whether it is a memory dataset with a hook's data, which is the point of it."""
        return locate(config, self._project_path).kind == "object" and bool(dataset.exists())

    def _says_nothing(self, config: Mapping[str, Any]) -> bool:
        """Tell whether nothing in a configuration tells where the data is."""
        return (where := locate(config, self._project_path)).kind == "remote" and not where.evident

    def _check_credentials(
        self, configuration: Mapping[str, Any], credentials: Mapping[str, Any]
    ) -> None:
        for name, entry in configuration.items():
            missing = _missing_credentials(entry, credentials)
            if missing:
                raise StepError(
                    f"dataset '{name}' needs the credentials '{missing}', which the step does "
                    "not have: credentials files are kept out of the code snapshot. Write each of "
                    "their values as ${azureml.secret:NAME} and name these in azure.secrets, or "
                    "let the dataset use the compute's identity."
                )


def _read(loader: Any, key: str) -> dict[str, Any]:
    try:
        return dict(loader[key] or {})
    except (MissingConfigException, KeyError):
        return {}


def _runtime_patterns() -> dict[str, dict[str, Any]]:
    patterns = getattr(settings.DATA_CATALOG_CLASS, "default_runtime_patterns", None)
    return dict(patterns or {"{default}": {"type": "kedro.io.MemoryDataset"}})


def _missing_credentials(entry: Any, credentials: Mapping[str, Any]) -> str | None:
    """Return the first credentials that an entry names and that do not exist."""
    for key, value in _items(entry):
        if key == "credentials" and isinstance(value, str) and value not in credentials:
            return value
    return None


def _validator(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the entry's validator (newer Kedro), for the dataset that takes its place."""
    return {"validator": config["validator"]} if "validator" in config else {}


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _strings(inner)


def _items(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield key, inner
            yield from _items(inner)
