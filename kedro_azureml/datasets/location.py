"""Where a catalog entry keeps its data, read from its configuration alone.

Nothing is constructed: constructing a dataset imports its library and fails where that is missing.
The compiler and the step both ask here, so that they cannot disagree.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from kedro_azureml.datasets.paths import LocalPath, relative_path
from kedro_azureml.datasets.wrappers import asset_folder, is_wrapper, wrapped_path

Kind = Literal["object", "local", "remote"]

# Keys that Kedro itself makes absolute (kedro.framework.context: filename, filepath, path).
_KEDRO_PATH_KEYS = {"filename", "filepath", "path"}
# Arguments of custom datasets: a key that ends like a path's, whose value looks like one.
# (`filename_suffix: .csv` is neither.)
_PATH_WORDS = re.compile(
    r"(^|_)(file|filename|filepath|path|dir|directory|folder|location|root|database|db|uri|url"
    r"|output|target|destination|store|archive)s?$"
)
_LOOKS_LIKE_PATH = re.compile(r"[/\\]|[^.]\.[A-Za-z][A-Za-z0-9]{0,7}$")
_CONVENTIONAL = re.compile(r"^(\./)?data[/\\]")
# Options that describe how, never where.
_NOT_LOCATIONS = {
    "type",
    "credentials",
    "metadata",
    "versioned",
    "version",
    "load_args",
    "save_args",
    "open_args",
    "open_args_load",
    "open_args_save",
    "fs_args",
    "validator",
    "layer",
    "artifact_path",  # kedro-mlflow: inside the run's artifacts
}
# "scheme:/..." and "a::b" are remote; one letter before the colon is a Windows drive.
_REMOTE = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]+:/")
_MEMORY_TYPES = {
    "MemoryDataset",
    "kedro.io.MemoryDataset",
    "kedro.io.memory_dataset.MemoryDataset",
    "SharedMemoryDataset",
    "kedro.io.SharedMemoryDataset",
}


@dataclass(frozen=True)
class Location:
    """Where a dataset's data is.

    Attributes:
        kind: ``object``: only in memory, so a step pickles it. ``local``: on this machine's disk,
            so a step moves its paths. ``remote``: elsewhere, left untouched.
        paths: The local paths, for ``local``.
        versioned: Whether the configuration asks for Kedro's versioning.
        evident: False when nothing in the configuration tells where a ``remote`` dataset is.
        root: The folder that is the dataset's data asset, relative to the project, of a dataset
            that has a path inside of one.
    """

    kind: Kind
    paths: tuple[LocalPath, ...] = ()
    versioned: bool = False
    evident: bool = True
    root: str | None = None


def locate(config: Mapping[str, Any], project_path: Path) -> Location:
    """Classify a resolved catalog entry.

    Args:
        config: The entry as ``CatalogConfigResolver.resolve_pattern`` gives it.
        project_path: The Kedro project's root, absolute.
    """
    if is_memory(config):
        return Location("object")
    if is_wrapper(config):
        root = asset_folder(config, project_path)
        return Location("local", (wrapped_path(config, project_path),), root=root)
    strings = list(_candidates(config, ()))
    paths = tuple(
        LocalPath(keys, value, relative_path(value, project_path))
        for keys, value in strings
        if is_local_path(next(str(k) for k in reversed(keys) if isinstance(k, str)), value)
    )
    versioned = bool(config.get("versioned"))
    if paths:
        return Location("local", paths, versioned)
    evident = "credentials" in config or any(is_remote(value) for _, value in strings)
    return Location("remote", versioned=versioned, evident=evident)


def moved(
    config: Mapping[str, Any], location: Location, roots: Mapping[str, Path]
) -> dict[str, Any]:
    """Return the entry with its local paths under other folders.

    Args:
        config: The resolved entry; it is not changed.
        location: What `locate` said of it.
        roots: For each path's ``relative``, the folder it moves into; a path that is absent stays.
    """
    new = copy.deepcopy(dict(config))
    for path in location.paths:
        root = roots.get(path.relative)
        if root is None:
            continue
        holder: Any = new
        for key in path.keys[:-1]:
            holder = holder[key]
        holder[path.keys[-1]] = (root / path.relative).as_posix()
        if is_wrapper(config):
            new["root_dir"] = ""
    return new


def appends(config: Mapping[str, Any]) -> bool:
    """Tell whether saving appends: ``mode: a``, pandas' own or that of the opened file."""
    for key in ("save_args", "fs_args", "open_args_save", "dataset"):
        inner = config.get(key)
        if isinstance(inner, Mapping) and (
            str(inner.get("mode", "")).startswith("a") or appends(inner)
        ):
            return True
    return False


def is_memory(config: Mapping[str, Any]) -> bool:
    """Tell whether the data lives only in memory.

    CachedDataset is `_EPHEMERAL` to Kedro and yet may wrap a file, so the class decides.
    """
    kind = config.get("type")
    if isinstance(kind, str) and kind.rsplit(".", 1)[-1] == "CachedDataset":
        inner = config.get("dataset")
        return isinstance(inner, Mapping) and is_memory(inner)
    if isinstance(kind, str):
        if kind in _MEMORY_TYPES:
            return True
        if "." not in kind or kind.startswith(("kedro.", "kedro_datasets.", "kedro_azureml.")):
            return False
        return _is_memory_class(kind)
    return _is_memory_subclass(kind)


def is_remote(value: str) -> bool:
    """Tell whether a string is a remote address: ``scheme:/...`` or a chain ``a::b``."""
    return not value.startswith("file:") and ("::" in value or bool(_REMOTE.match(value)))


def is_local_path(key: str, value: str) -> bool:
    """Tell whether an argument of a dataset is a path on this machine."""
    if not value.strip() or "\n" in value or is_remote(value):
        return False
    if key in _KEDRO_PATH_KEYS or _CONVENTIONAL.match(value) or value.startswith("file:"):
        return True
    return bool(_PATH_WORDS.search(key.lower()) and _LOOKS_LIKE_PATH.search(value))


def _candidates(
    value: Any, keys: tuple[str | int, ...]
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield every string of a configuration that may say where data is, with its keys."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if isinstance(key, str) and key not in _NOT_LOCATIONS:
                yield from _candidates(inner, (*keys, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _candidates(inner, (*keys, index))
    elif isinstance(value, str) and len(keys) > 0:
        yield keys, value


@cache
def _is_memory_class(class_path: str) -> bool:
    """Ask the project's own class; a class that cannot be imported is no memory dataset."""
    module, _, name = class_path.rpartition(".")
    try:
        # Kedro reads `pandas.CSVDataset` as `kedro_datasets.pandas.CSVDataset` first.
        if find_spec(f"kedro_datasets.{module}") is not None:
            return False
    except ImportError:
        pass
    try:
        cls = getattr(import_module(module), name)
    except Exception:
        return False
    return _is_memory_subclass(cls)


def _is_memory_subclass(cls: Any) -> bool:
    from kedro.io import MemoryDataset

    return isinstance(cls, type) and issubclass(cls, MemoryDataset)
