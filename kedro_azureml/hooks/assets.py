"""What Kedro calls of us in every run, ``kedro run`` too; imports nothing heavy.

Only for entries of the catalog that name a data asset: see docs/data-assets.md. A run is never kept
from anything by these: a catalog of another kind, which they cannot read, is left alone.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from kedro.framework.hooks import hook_impl

logger = logging.getLogger(__package__)


class AssetHooks:
    """What a run has to be told of data assets."""

    @hook_impl
    def before_pipeline_run(self, pipeline: Any, catalog: Any) -> None:
        """Let an asset that the run itself makes be read as it was made."""
        with suppress(Exception):
            for name in pipeline.all_outputs():
                if _entry(catalog, name).get("azureml_dataset"):
                    catalog.get(name).as_local_intermediate()

    @hook_impl
    def on_pipeline_error(self, pipeline: Any, catalog: Any) -> None:
        """Say how an asset is fetched of which there is no copy here."""
        missing: list[str] = []
        with suppress(Exception):
            roots = sorted(pipeline.inputs())
            missing += [name for name in roots if any(_missing_paths(_entry(catalog, name)))]
        if missing:
            logger.error(
                "There is no copy of %s here. Fetch it with: kedro azureml data pull %s",
                ", ".join(missing),
                " ".join(missing),
            )


def _entry(catalog: Any, name: str) -> Mapping[str, Any]:
    """Return a dataset's entry; empty where a catalog of another class cannot tell."""
    resolver = getattr(catalog, "config_resolver", None)
    config = getattr(resolver, "config", {}).get(name)
    if config is None and resolver is not None and resolver.match_dataset_pattern(name):
        config = resolver.resolve_pattern(name)
    return config if isinstance(config, Mapping) else {}


def _missing_paths(entry: Mapping[str, Any]) -> Iterator[str]:
    """Yield the paths of an entry that names an asset, where nothing is."""
    metadata = entry.get("metadata")
    said = metadata.get("azureml") if isinstance(metadata, Mapping) else None
    if isinstance(said, Mapping) and said.get("asset"):
        for key in ("filepath", "path"):
            path = entry.get(key)
            if isinstance(path, str) and "://" not in path and not Path(path).exists():
                yield path


hooks = AssetHooks()
