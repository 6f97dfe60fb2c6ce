"""Dataset classes that do not exist, found without importing their libraries."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

from kedro_azureml.diagnostics import Diagnostic, nearest

# kedro.io.core tries these before each type, in this order.
_PACKAGES = ("kedro.io.", "kedro_datasets.", "")


def check_dataset_types(configs: Iterable[tuple[str, Mapping[str, Any]]]) -> Iterator[Diagnostic]:
    """Report KAZ310 for types that no class has: an error, or a warning where a package is missing.

    Args:
        configs: The resolved entries of the datasets that the job uses, by name.
    """
    for name, config in configs:
        for kind in _types(config):
            problem = _problem(kind)
            if problem is not None:
                message, remedy, is_certain = problem
                yield Diagnostic(
                    "KAZ310",
                    f"The dataset '{name}' has the type '{kind}', {message}",
                    remedy,
                    severity="error" if is_certain else "warning",
                    where=f"catalog {name}",
                )


def _types(config: Mapping[str, Any]) -> Iterator[str]:
    """Yield the type of an entry, and of the dataset inside of a partitioned or cached one."""
    kind = config.get("type")
    if isinstance(kind, str):
        yield kind
    inner = config.get("dataset")
    if isinstance(inner, str):
        yield inner
    elif isinstance(inner, Mapping):
        yield from _types(inner)


@cache
def _problem(kind: str) -> tuple[str, str, bool] | None:
    """Say what is wrong with a type, what to do about it, and whether that is certain."""
    candidates: set[str] = set()
    is_installed = False
    for prefix in _PACKAGES:
        module, _, name = f"{prefix}{kind}".rpartition(".")
        # `pandas.CSVDataset` is no class of the library itself.
        names = _names_of(module) if module else None
        if names is None:
            continue
        if name in names or "*" in names:
            return None
        is_installed = True
        candidates |= {n for n in names if n.endswith(("Dataset", "DataSet"))}
    package = kind.partition(".")[0]
    if kind.count(".") == 1 and find_spec("kedro_datasets") is None:
        is_installed, package = False, "kedro-datasets"
    if not is_installed and (similar := _similar_type(kind)):
        return "which does not exist.", f"Did you mean '{similar}'?", True
    if not is_installed:
        return (
            f"and '{package}' is not installed here: whether the class exists is not known.",
            f"Install {package} to be sure, or see that the steps' environment has it.",
            False,
        )
    hint = nearest(kind.rpartition(".")[2], candidates)
    return "which does not exist.", hint or "Correct the type in the catalog.", True


def _similar_type(kind: str) -> str | None:
    """Return the type of kedro-datasets whose package somebody nearly typed."""
    package, _, name = kind.partition(".")
    spec = find_spec("kedro_datasets")
    if spec is None or "." in name:
        return None
    known = [info.name for info in iter_modules(spec.submodule_search_locations)]
    for similar in get_close_matches(package, known, n=1, cutoff=0.75):
        if name in (_names_of(f"kedro_datasets.{similar}") or ()):
            return f"{similar}.{name}"
    return None


@cache
def _names_of(module: str) -> frozenset[str] | None:
    """Return what a module holds, ``*`` if that may be anything; None if there is no such module.

    No package is imported for it: that of a dataset may bring a library that takes seconds.
    """
    top, *inner = module.split(".")
    try:
        spec = find_spec(top)
    except (ImportError, ValueError):
        return None
    if spec is None:
        return None
    if not inner:
        return _defined_in(spec.origin)
    for folder in spec.submodule_search_locations or ():
        path = Path(folder, *inner)
        for file in (path / "__init__.py", path.with_suffix(".py")):
            if file.is_file():
                return _defined_in(str(file))
        if path.is_dir() or any(path.parent.glob(f"{path.name}.*.so")):
            return frozenset("*")
    return None


def _defined_in(file: str | None) -> frozenset[str]:
    """Return the names that a module's own text binds, or ``*`` if that cannot be told."""
    if file is None or not file.endswith(".py"):
        return frozenset("*")
    try:
        tree = ast.parse(Path(file).read_bytes())
    except (OSError, SyntaxError, ValueError):
        return frozenset("*")
    nodes = list(ast.walk(tree))
    names = {name for node in nodes for name in _bound_by(node)}
    if any(isinstance(node, ast.Attribute) and node.attr == "attach" for node in nodes):
        # lazy_loader.attach, as in kedro-datasets, takes the names of the classes as texts.
        constants = (node.value for node in nodes if isinstance(node, ast.Constant))
        names |= {value for value in constants if isinstance(value, str)}
    return frozenset(names)


def _bound_by(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.ClassDef | ast.FunctionDef):
        yield "*" if node.name == "__getattr__" else node.name
    elif isinstance(node, ast.Import | ast.ImportFrom):
        yield from (alias.asname or alias.name for alias in node.names)
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id
