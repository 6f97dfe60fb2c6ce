"""On which line of which file a catalog entry stands, for messages."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from kedro_azureml.config.source import ConfigFile, find_files, parse, where


def catalog_files(loader: Any, project_path: Path) -> list[ConfigFile]:
    """Parse the catalog's files; those that win come first.

    Args:
        loader: The project's config loader, of any class.
        project_path: The project's root; the files are named relative to it.
    """
    source = Path(loader.conf_source)
    patterns = getattr(loader, "config_patterns", {}).get("catalog", ())
    environments = (
        getattr(loader, "env", None) or getattr(loader, "default_run_env", None),
        getattr(loader, "base_env", None),
    )
    return [
        parse(path, project_path)[0]
        for environment in dict.fromkeys(filter(None, environments))
        for path in find_files(source / environment, patterns)
    ]


def place_of(files: Iterable[ConfigFile], entry: str, dataset: str, keys: tuple[str, ...]) -> str:
    """Return the place of a value, such as ``conf/base/catalog.yml:12 sales.metadata``.

    Args:
        files: The catalog's files, those that win first.
        entry: The entry as it stands there, which may be a factory's pattern.
        dataset: The dataset, which names the place where no file holds the entry.
        keys: The keys that lead to the value inside of the entry.
    """
    holding = [file for file in files if file.holds(entry)]
    return where(holding, (entry, *keys)) if holding else f"catalog {dataset}"
