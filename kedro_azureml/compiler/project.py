"""The Kedro project as the compiler sees it: its pipelines, catalog and parameters.

Everything comes through Kedro's own session, so that project hooks and custom loaders have their
say. No dataset is constructed.
"""

from __future__ import annotations

import contextlib
import gc
import os
import traceback
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kedro.config import MissingConfigException
from kedro.framework import project as kedro_project
from kedro.framework.context import CatalogCommandsMixin
from kedro.framework.project import pipelines, settings
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project
from kedro.io import CatalogConfigResolver, DataCatalog, MemoryDataset
from kedro.pipeline import Pipeline

from kedro_azureml.compiler.request import CompileRequest
from kedro_azureml.config import AzureMLConfig, load_config
from kedro_azureml.datasets.rebuild import config_of
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError
from kedro_azureml.step.failure import import_failure


@dataclass(frozen=True)
class Project:
    """A loaded project.

    Attributes:
        path: Its root, absolute.
        package: Its Python package.
        conf_source: Its configuration folder, absolute.
        environments: The conf environments that are read: the base one and the run's.
        env: What the step is told with ``--env``; None for the project's default.
        pipelines: The registered pipelines.
        catalog: The datasets' configuration.
        config: azureml.yml; None when there is none.
        warnings: What went wrong without stopping Kedro.
    """

    path: Path
    package: str
    conf_source: Path
    environments: tuple[str, ...]
    env: str | None
    pipelines: Mapping[str, Pipeline]
    catalog: CatalogView
    config: AzureMLConfig | None
    warnings: tuple[Diagnostic, ...]


class CatalogView:
    """The project's catalog, asked for configuration only.

    Args:
        catalog: Kedro's.
        raw: Its entries as they stand in the configuration.
        made: What nodes make, if hooks may put in what none does before a run; else None.
    """

    def __init__(self, catalog: Any, raw: Mapping[str, Any], made: set[str] | None) -> None:
        self._catalog = catalog
        self._made = made
        self._raw = raw
        # CatalogProtocol does not ask for a resolver.
        self._resolver: CatalogConfigResolver = getattr(
            catalog, "config_resolver", None
        ) or CatalogConfigResolver(dict(raw), {}, {"{default}": {"type": "kedro.io.MemoryDataset"}})
        self._known = set(catalog.keys())

    @property
    def parameters(self) -> set[str]:
        """``parameters`` and every ``params:...`` that a node may ask for."""
        return {n for n in self._known if n == "parameters" or n.startswith("params:")}

    def parameter(self, name: str) -> Any:
        """The value of one of `parameters`."""
        return self._catalog.get(name).load()

    @property
    def names(self) -> set[str]:
        """Datasets that the catalog names, without factories and parameters."""
        return self._known - self.parameters

    def resolve(self, name: str) -> Mapping[str, Any]:
        """A dataset's configuration: its entry, its factory's, or that of an object from a hook."""
        if self._is_assigned(name):
            dataset = self._catalog.get(name)
            return config_of(dataset) or {"type": type(dataset)}
        return self._resolver.resolve_pattern(name)

    def is_filled(self, name: str) -> bool:
        """Whether a memory dataset has its data already, from its entry or from a hook."""
        if self._is_assigned(name):
            return bool(self._catalog.get(name).exists())
        return "data" in self._resolver.resolve_pattern(name)

    def may_be_filled_late(self, name: str) -> bool:
        """Whether a project's hook may put the data in before the pipeline runs."""
        return self._made is not None and name not in self._made

    def credentials(self, name: str) -> str | None:
        """The credentials that a dataset's entry names."""
        pattern = None if name in self._raw else self._resolver.match_dataset_pattern(name)
        return next(_credential_names(self._raw.get(pattern or name, {})), None)

    def _is_assigned(self, name: str) -> bool:
        return (
            name in self._known
            and name not in self._resolver.config
            and self._resolver.match_dataset_pattern(name) is None
        )


@contextlib.contextmanager
def collection_paused() -> Iterator[None]:
    """Collecting garbage while a project is compiled is a tenth of the time and finds nothing."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def load_project(request: CompileRequest) -> Project:
    """Load the project and its azureml.yml.

    Raises:
        DiagnosticError: KAZ207 with the place in the project, when it cannot be loaded; KAZ1xx
            for azureml.yml.
    """
    if kedro_project.PACKAGE_NAME is None:
        bootstrap_project(request.project_path)
    env = request.env or os.environ.get("KEDRO_ENV")
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            # Kedro 1.7 with OmegaConf 2.4 warns of its own use of a deprecated name.
            warnings.filterwarnings("ignore", message="register_new_resolver")
            session = KedroSession.create(
                project_path=request.project_path,
                env=env,
                runtime_params=dict(request.params) or None,
            )
            context = session.load_context()
            # After the context, as a run does it: a hook may register pipelines.
            registered = dict(pipelines)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="register_new_resolver")
            config = load_config(request.project_path, context.config_loader, env)
            raw = _raw_catalog(context.config_loader)
            catalog = CatalogView(_build_catalog(context), raw, _made_if_hooked(registered))
    except DiagnosticError:
        raise
    except Exception as error:
        finding = (
            _interpolation(error, request.params)
            or _another_shape(error, request.params)
            or _load_failure(error, request)
        )
        raise DiagnosticError(finding) from error
    loader_args = settings.CONFIG_LOADER_ARGS or {}
    run_env = env or loader_args.get("default_run_env", "local")
    return Project(
        path=request.project_path,
        package=str(kedro_project.PACKAGE_NAME),
        conf_source=request.project_path / settings.CONF_SOURCE,
        environments=tuple(
            dict.fromkeys(str(e) for e in (loader_args.get("base_env", "base"), run_env) if e)
        ),
        env=env,
        pipelines=registered,
        catalog=catalog,
        config=config,
        warnings=tuple(_import_failures(caught)),
    )


def _build_catalog(context: Any) -> Any:
    """The catalog as a run builds it, of the project's own DATA_CATALOG_CLASS.

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
    """What nodes make, if a hook of the project's own could put in what none does."""
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


def _import_failures(caught: list[warnings.WarningMessage]) -> Iterator[Diagnostic]:
    """Pipelines that Kedro left out because they do not import; other warnings are passed on."""
    for warning in caught:
        failure = import_failure(str(warning.message))
        if failure is None:
            warnings.warn_explicit(
                warning.message, warning.category, warning.filename, warning.lineno
            )
            continue
        yield Diagnostic(
            "KAZ207",
            failure,
            "Kedro leaves that pipeline out of every run: mend the import.",
            severity="warning",
        )


def _interpolation(error: Exception, params: Mapping[str, Any]) -> Diagnostic | None:
    """KAZ107, when OmegaConf failed over a runtime parameter that holds ``${``."""
    if not type(error).__module__.startswith("omegaconf"):
        return None
    guilty = [key for key, value in params.items() if "${" in str(value)]
    if not guilty:
        return None
    return Diagnostic(
        "KAZ107",
        f"The parameter '{guilty[0]}' holds '${{', where Kedro expects the name of another value: "
        f"{' '.join(str(error).split())}.",
        "Write '\\${' where '${' is meant as it stands.",
        where="--params",
    )


def _another_shape(error: Exception, params: Mapping[str, Any]) -> Diagnostic | None:
    """KAZ107, when a runtime parameter is a section where the project has a list, or such."""
    if not isinstance(error, TypeError) or "Cannot merge" not in str(error):
        return None
    given = ", ".join(f"'{key}'" for key in params)
    if not given:
        return None
    return Diagnostic(
        "KAZ107",
        f"The value of {given} has another shape than the project's parameters: "
        f"{' '.join(str(error).split())}.",
        "Give a whole list where the project has a list, and keys where it has keys.",
        where="--params",
    )


def _load_failure(error: Exception, request: CompileRequest) -> Diagnostic:
    """Name the last line of the project's own code that took part."""
    project_path = request.project_path
    # find_pipelines(raise_errors=True) says which module, and keeps why to its cause.
    while isinstance(error, ImportError) and isinstance(error.__cause__, Exception):
        error = error.__cause__
    place = None
    for frame in traceback.extract_tb(error.__traceback__):
        path = Path(frame.filename)
        if path.is_relative_to(project_path) and "site-packages" not in path.parts:
            place = f"{path.relative_to(project_path).as_posix()}:{frame.lineno}"
    if isinstance(error, SyntaxError) and error.filename:
        path = Path(error.filename)
        inside = path.is_relative_to(project_path)
        place = f"{path.relative_to(project_path) if inside else path}:{error.lineno}"
    message = " ".join(str(error).split()) or "no message"
    return Diagnostic(
        "KAZ207",
        f"The project cannot be loaded: {type(error).__name__}: {message}",
        "Mend the project until 'kedro registry list' and 'kedro run' start"
        + (", or give other values with --params." if request.params else "."),
        where=place,
    )
