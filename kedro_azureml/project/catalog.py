"""The project's catalog, asked for configuration only: no dataset is constructed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from kedro.config import MissingConfigException
from kedro.framework.context import CatalogCommandsMixin
from kedro.framework.project import settings
from kedro.io import CatalogConfigResolver, DataCatalog, MemoryDataset
from kedro.pipeline import Pipeline

from kedro_azureml.config.source import ConfigFile
from kedro_azureml.dataset_names import is_parameter
from kedro_azureml.datasets.rebuild import config_of
from kedro_azureml.project.catalog_lines import catalog_files, place_of
from kedro_azureml.secrets.references import secrets_in


@contextmanager
def patterns_matched_once() -> Iterator[None]:
    """Let Kedro remember how a name and a pattern went together.

    It parses both again for each value of the entry, which is a tenth of a big compilation.
    """
    module: Any = sys.modules[CatalogConfigResolver.__module__]
    parse = getattr(module, "parse", None)
    if parse is None:
        # A later Kedro may do it in another way: this is for speed alone.
        yield
        return
    module.parse = lru_cache(maxsize=1000)(parse)
    try:
        yield
    finally:
        module.parse = parse


class CatalogView:
    """The project's catalog, asked for configuration only.

    Args:
        catalog: Kedro's.
        raw: Its entries as they stand in the configuration.
        made: What nodes make, if hooks may put in what none does before a run; else None.
        place: Says where a value of an entry stands: see `place_of`.
    """

    def __init__(
        self,
        catalog: Any,
        raw: Mapping[str, Any],
        made: set[str] | None,
        place: Callable[[str, str, tuple[str, ...]], str],
    ) -> None:
        self._catalog = catalog
        self._made = made
        self._raw = raw
        self._place = place
        # CatalogProtocol does not ask for a resolver.
        self._resolver: CatalogConfigResolver = getattr(
            catalog, "config_resolver", None
        ) or CatalogConfigResolver(dict(raw), {}, {"{default}": {"type": "kedro.io.MemoryDataset"}})
        self._known = set(catalog.keys())

    @property
    def parameters(self) -> set[str]:
        """Every name of a parameter that a node may ask for: ``parameters``, ``params:...``."""
        return {n for n in self._known if is_parameter(n)}

    def parameter(self, name: str) -> Any:
        """Return the value of one of `parameters`."""
        return self._catalog.get(name).load()

    @property
    def names(self) -> set[str]:
        """The datasets that the catalog names, without factories and parameters."""
        return self._known - self.parameters

    @property
    def uses_secrets(self) -> bool:
        """Whether an entry was made of secrets."""
        return any(True for _ in secrets_in([self._raw, self._resolver.config]))

    @property
    def types(self) -> set[str]:
        """The classes that the configuration names, as it names them."""
        inner = (entry.get("dataset") for entry in self._raw.values() if isinstance(entry, Mapping))
        entries = [entry for entry in (*self._raw.values(), *inner) if isinstance(entry, Mapping)]
        return {entry["type"] for entry in entries if isinstance(entry.get("type"), str)}

    def resolve(self, name: str) -> Mapping[str, Any]:
        """Return a dataset's configuration: of its entry, its factory, or a hook's object."""
        if self._is_assigned(name):
            dataset = self._catalog.get(name)
            return config_of(dataset) or {"type": type(dataset)}
        return self._resolver.resolve_pattern(name)

    def is_filled(self, name: str) -> bool:
        """Tell whether a memory dataset has its data already, from its entry or from a hook."""
        if self._is_assigned(name):
            return bool(self._catalog.get(name).exists())
        return "data" in self._resolver.resolve_pattern(name)

    def may_be_filled_late(self, name: str) -> bool:
        """Tell whether a project's hook may put the data in before the pipeline runs."""
        return self._made is not None and name not in self._made

    def with_missing_outputs(self, pipeline: Pipeline) -> Pipeline:
        """Return the nodes that ``kedro run --only-missing-outputs`` would run.

        Kedro's runner decides it with a private method.
        """
        from kedro.runner import SequentialRunner

        runner: Any = SequentialRunner()
        missing: Pipeline = runner._filter_pipeline_for_missing_outputs(  # noqa: SLF001
            pipeline, self._catalog
        )
        return missing

    def credentials(self, name: str) -> str | None:
        """Return the credentials that a dataset's entry names."""
        return next(_credential_names(self._raw.get(self._entry(name), {})), None)

    def place(self, name: str, keys: tuple[str, ...] = ()) -> str:
        """Return where a value of a dataset's entry stands: file, line and keys."""
        return self._place(self._entry(name), name, keys)

    def _entry(self, name: str) -> str:
        """Return the key of a dataset's entry, which may be a factory's pattern."""
        if name in self._raw:
            return name
        resolver = self._resolver
        return (
            resolver.match_dataset_pattern(name)
            or resolver.match_user_catch_all_pattern(name)
            or name
        )

    def _is_assigned(self, name: str) -> bool:
        return (
            name in self._known
            and name not in self._resolver.config
            and self._resolver.match_dataset_pattern(name) is None
        )


def make_catalog_view(context: Any, registered: Mapping[str, Pipeline]) -> CatalogView:
    """Build the catalog of a context as a run builds it, to be asked for configuration.

    Args:
        context: Kedro's.
        registered: The project's pipelines.
    """
    loader = context.config_loader
    raw = _raw_catalog(loader)

    @lru_cache(maxsize=1)
    def files() -> list[ConfigFile]:
        return catalog_files(loader, Path(context.project_path))

    def place(entry: str, dataset: str, keys: tuple[str, ...]) -> str:
        return place_of(files(), entry, dataset, keys)

    return CatalogView(build_catalog(context), raw, _made_if_hooked(registered), place)


def build_catalog(context: Any) -> Any:
    """Build the catalog as a run does, with the project's own DATA_CATALOG_CLASS.

    The public ``context.catalog`` is always a DataCatalog, which may not understand the project's
    entries; Kedro's session itself calls this private method.
    tests/unit/compiler/test_project.py holds the contract.
    """
    catalog_class = settings.DATA_CATALOG_CLASS
    if catalog_class is DataCatalog:
        catalog_class = _Catalog
    return context._get_catalog(catalog_class=catalog_class)  # noqa: SLF001


class _Catalog(DataCatalog, CatalogCommandsMixin):
    """The catalog that Kedro composes for a run, which takes parameters without importing pandas.

    The order is Kedro's: the mixin's `_logger` is a stub.

    A MemoryDataset made of data imports pandas (a third of a second) to choose how to copy it; of
    plain values it always chooses ``deepcopy``.
    """

    def __setitem__(self, key: str, value: Any) -> None:
        if type(value) in _PLAIN:
            value = MemoryDataset(value, copy_mode="deepcopy")
        super().__setitem__(key, value)


_PLAIN = {dict, list, str, int, float, bool, type(None)}


def _made_if_hooked(registered: Mapping[str, Pipeline]) -> set[str] | None:
    """Return what nodes make, if a hook of the project could add what no node makes."""
    if not any(hasattr(hook, "before_pipeline_run") for hook in settings.HOOKS):
        return None
    return {name for pipeline in registered.values() for name in pipeline.all_outputs()}


def _raw_catalog(loader: Any) -> dict[str, Any]:
    try:
        return dict(loader["catalog"] or {})
    except (MissingConfigException, KeyError):
        return {}


def _credential_names(entry: Any) -> Iterator[str]:
    if isinstance(entry, Mapping):
        for key, value in entry.items():
            if key == "credentials" and isinstance(value, str):
                yield value
            yield from _credential_names(value)
