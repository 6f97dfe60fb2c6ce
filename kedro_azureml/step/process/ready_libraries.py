"""Libraries that lie ready in the fork server for the steps that import them.

The server imports them and hides them: to a fork they are not there, as in a new process. When
something in the fork imports one, it gets the module that lies ready, and with it come the modules,
the variables and the filters of warnings that came with it in the server. What a step does not
import, it does not see.
"""

from __future__ import annotations

import builtins
import contextlib
import copy
import importlib.util
import os
import sys
import warnings
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ExtensionFileLoader, ModuleSpec
from types import BuiltinFunctionType, FrameType, FunctionType, ModuleType
from typing import Any

from kedro_azureml.step.process.warning_filters import add_filters, new_filters

# What may lie ready, by its top name. Each of them only defines things while it is imported: it
# starts no thread or process, opens nothing, reads no file but its own, and of the variables only
# those that `kedro_azureml.step.process.fork` names, which a test looks after. A project can
# change none of that but by a module of the same name, which makes a step start anew.
# Left out are matplotlib and what builds on it: it reads a ``matplotlibrc`` of the project, and
# makes a temporary folder that the first fork to end would take from the others.
LIBRARIES = {
    "numpy": "its generator of random numbers gets a new seed in each fork",
    "pandas": "its options are set by nobody but the project",
    "scipy": "it draws its random numbers from NumPy's generator",
    "sklearn": "its configuration comes from SKLEARN_..., and the variables it sets come with it",
    "joblib": "its pools of processes start when they are used",
    "narwhals": "it is plain Python, which scikit-learn uses",
    "threadpoolctl": "it looks at what is loaded when it is asked",
    "pyarrow": "its pool of threads starts when it is used",
    "openpyxl": "it is plain Python",
    "kedro.logging": "a class of it is named in the conf/logging.yml of a starter",
    "kedro_datasets": "a dataset's class does nothing before it is called",
}
# Kedro looks for them whenever it keeps something in memory, as it keeps every step's parameters.
_NEVER_HIDDEN = {"numpy", "pandas"}
# They set variables that scikit-learn sets as well, if nobody has.
_FIRST = {"joblib", "threadpoolctl"}
# What a dataset imports when it is used for the first time.
_USED_BY = {
    "pandas.ExcelDataset": ("openpyxl",),
    "pandas.ParquetDataset": ("pyarrow.parquet",),
    "pandas.FeatherDataset": ("pyarrow.feather",),
}
_DATASETS = "kedro_datasets"


def is_library(module: str) -> bool:
    """Tell whether a module may lie ready."""
    return module in LIBRARIES or module.partition(".")[0] in LIBRARIES


@dataclass
class _Effects:
    """What a module does while it is imported, beside defining things."""

    variables: dict[str, str] = field(default_factory=dict)
    filters: list[Any] = field(default_factory=list)


class _ReadyLoader(Loader):
    """Puts a module in place that lies ready; all else it knows as the module's own loader does."""

    def __init__(self, libraries: ReadyLibraries, own: object) -> None:
        self.create_module = libraries.create_module  # type: ignore[method-assign]
        self.exec_module = libraries.exec_module  # type: ignore[method-assign]
        self._own = own

    def __getattr__(self, name: str) -> Any:
        return getattr(self._own, name)


class ReadyLibraries(MetaPathFinder):
    """Modules that are imported, and that a fork gets when it imports them."""

    def __init__(self) -> None:
        self._modules: dict[str, ModuleType] = {}
        self._is_adding = False
        self._order: dict[str, int] = {}
        self._needs: dict[str, set[str]] = defaultdict(set)
        self._effects: dict[str, _Effects] = defaultdict(_Effects)
        self._specs: dict[str, ModuleSpec | None] = {}

    @property
    def names(self) -> frozenset[str]:
        """The modules that lie ready."""
        return frozenset(self._modules)

    def add(self, modules: Iterable[str], datasets: Iterable[str] = ()) -> None:
        """Import modules and the classes of datasets; what cannot be imported is left to the steps.

        Args:
            modules: The modules, by name; those of other libraries are left out.
            datasets: The classes, as a catalog names those of kedro-datasets.
        """
        before = set(sys.modules)
        if self not in sys.meta_path:
            sys.meta_path.insert(0, self)
        self._is_adding = True
        with warnings.catch_warnings(), self._noted_imports():
            for name in sorted(modules, key=lambda name: name not in _FIRST):
                if is_library(name) and name.partition(".")[0] not in _NEVER_HIDDEN:
                    self._add(name)
            for name in datasets:
                module, _, kind = f"{_DATASETS}.{name}".rpartition(".")
                self._add(module, kind)
                for used in _USED_BY.get(name, ()):
                    self._add(used)
        self._is_adding = False
        new = [name for name in sys.modules if name not in before]
        for name, following in zip(new, [*new[1:], ""], strict=True):
            self._note_what_is_built_in(name, following)
        for name in new:
            self._modules[name] = sys.modules.pop(name)
            self._order.setdefault(name, len(self._order))

    def _add(self, name: str, attribute: str | None = None) -> None:
        with contextlib.suppress(Exception):
            builtins.__import__(name)
            if attribute is not None:
                # It is imported when it is asked for.
                getattr(sys.modules[name], attribute)

    def _note_what_is_built_in(self, name: str, following: str) -> None:
        """Note what a module in C needs, whose imports may go unseen, by what it has of others."""
        module = sys.modules[name]
        if getattr(getattr(module, "__spec__", None), "name", None) != name:
            # The module in C behind it has put it there, before itself.
            self._needs[following].add(name)
        if not isinstance(getattr(module, "__loader__", None), ExtensionFileLoader):
            return
        for value in vars(module).values():
            if isinstance(value, ModuleType):
                self._needs[name].add(value.__name__)
            elif isinstance(value, type | FunctionType | BuiltinFunctionType):
                self._needs[name].add(str(value.__module__))

    @contextlib.contextmanager
    def _noted_imports(self) -> Iterator[None]:
        """Note, by Python's own function for imports, which module imports and does what."""
        importing = builtins.__import__
        variables = dict(os.environ)
        filters = list(warnings.filters)

        def note_effects(module: str) -> None:
            if len(os.environ) == len(variables) and len(warnings.filters) == len(filters):
                return
            effects = self._effects[module]
            effects.variables |= {n: v for n, v in os.environ.items() if variables.get(n) != v}
            effects.filters = [*new_filters(filters), *effects.filters]
            variables.update(os.environ)
            filters[:] = warnings.filters

        def noted(
            name: str,
            globals: Mapping[str, object] | None = None,
            locals: Mapping[str, object] | None = None,
            fromlist: Sequence[str] | None = (),
            level: int = 0,
        ) -> ModuleType:
            package = str((globals or {}).get("__package__") or "")
            full = importlib.util.resolve_name("." * level + name, package) if level else name
            executed = _executed()
            self._needs[executed].update({full, *(f"{full}.{part}" for part in fromlist or ())})
            note_effects(executed)
            module = importing(name, globals, locals, fromlist or (), level)
            note_effects(full)
            return module

        builtins.__import__ = noted
        try:
            yield
        finally:
            builtins.__import__ = importing
            for effects in self._effects.values():
                # Some are set for a moment only.
                effects.filters = [each for each in effects.filters if each in warnings.filters]

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """Find a module that lies ready."""
        module = self._modules.get(name)
        if module is None:
            if self._is_adding:
                # What asks may be in C, which shows in no other way.
                self._needs[_executed()].add(name)
            return None
        spec = getattr(module, "__spec__", None)
        found = copy.copy(spec) if spec is not None else ModuleSpec(name, None)
        found.name, found.loader = name, _ReadyLoader(self, found.loader)
        return found

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Return the module that lies ready."""
        module = self._modules[spec.name]
        self._specs[spec.name] = getattr(module, "__spec__", None)
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Put in place what came with the module; it has been executed."""
        found = module.__spec__
        if found is None:
            return
        with contextlib.suppress(AttributeError):
            module.__spec__ = self._specs.pop(found.name)
        # In the order in which they were imported.
        for name in sorted(self._closure(found.name), key=self._order.__getitem__):
            sys.modules.setdefault(name, self._modules.pop(name))
            if effects := self._effects.pop(name, None):
                os.environ.update(effects.variables)
                add_filters(effects.filters)

    def _closure(self, name: str) -> set[str]:
        """Return a module and what was imported for it, its packages among that."""
        wanted: set[str] = set()
        unseen = [name]
        while unseen:
            each = unseen.pop()
            if each not in wanted and each in self._modules:
                wanted.add(each)
                unseen += self._needs[each]
                unseen.append(each.rpartition(".")[0])
        return wanted


def _executed() -> str:
    """Return the name of the module that is being executed."""
    frame: FrameType | None = sys._getframe(2)  # noqa: SLF001 - there is no other way to ask
    while frame is not None:
        name = frame.f_code.co_name
        if name == "<module>" and "__name__" in frame.f_globals:
            break
        if name in ("create_module", "exec_module"):
            found = frame.f_locals
            if isinstance(found.get("self"), ExtensionFileLoader):
                return str(found["self"].name)
        frame = frame.f_back
    return str(frame.f_globals.get("__name__")) if frame else ""
