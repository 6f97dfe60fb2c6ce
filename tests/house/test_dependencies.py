"""What is imported is declared, and stays in its room."""

from __future__ import annotations

import ast
import functools
import importlib.metadata
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import Requirement

from tests.house.repository import PACKAGE, PROJECT, SETTINGS, modules, name_of


def normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def declared(*extras: str) -> set[str]:
    lines: list[str] = list(PROJECT["dependencies"])
    for extra in extras:
        lines += PROJECT["optional-dependencies"][extra]
    return {normalised(Requirement(line).name) for line in lines}


class WithoutTypeChecking(ast.NodeTransformer):
    """Drops what only a type checker imports."""

    def visit_If(self, node: ast.If) -> list[ast.stmt] | ast.stmt:
        checking = isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        return node.orelse if checking else node


def imported_modules(path: Path) -> Iterator[str]:
    """Every absolute import of a file, also those inside functions."""
    tree = WithoutTypeChecking().visit(ast.parse(path.read_text(encoding="utf-8")))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def third_party(path: Path) -> Iterator[str]:
    for module in imported_modules(path):
        top = module.partition(".")[0]
        # tomllib: of the standard library from Python 3.11 on.
        if top not in {*sys.stdlib_module_names, "kedro_azureml", "tests", "tomllib"}:
            yield module


# Reading it anew for every module would take longer than all else here.
owners_of_packages = functools.cache(importlib.metadata.packages_distributions)


def undeclared(path: Path, allowed: set[str]) -> list[str]:
    """What a file imports from distributions other than those."""
    owners = owners_of_packages()
    found = []
    for module in third_party(path):
        top = module.partition(".")[0]
        distributions = {normalised(d) for d in owners.get(top, [top])}
        if top == "azure":
            # Many distributions share this package; each is called after the modules it holds.
            distributions = {d for d in distributions if f"{module}.".startswith(dotted(d))}
        if not distributions & allowed:
            found.append(module)
    return found


def dotted(distribution: str) -> str:
    return distribution.replace("-", ".") + "."


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0]


#: What runs only where the project has installed MLflow.
WITH_MLFLOW = ("rehearsal/mlflow/", "step/session/mlflow_run.py")


def test_every_import_is_of_a_declared_dependency() -> None:
    offenders = []
    for path in modules("kedro_azureml"):
        with_azure = room_of(path) in {"azure", "secrets", "storage"}
        allowed = declared("azure") if with_azure else declared()
        if path.relative_to(PACKAGE).as_posix().startswith(WITH_MLFLOW):
            allowed = {*allowed, "mlflow"}
        offenders += [f"{name_of(path)}: {module}" for module in undeclared(path, allowed)]
    assert offenders == []


def test_what_the_tests_import_is_declared() -> None:
    groups = SETTINGS["dependency-groups"]
    allowed = declared("azure") | {normalised(Requirement(line).name) for line in groups["test"]}
    offenders = [
        f"{name_of(path)}: {module}"
        for path in modules("tests")
        for module in undeclared(path, allowed)
    ]
    assert offenders == []


def test_the_azure_sdk_stays_in_its_room() -> None:
    rooms = {
        "azure": ("azure.",),
        "secrets": ("azure.core", "azure.keyvault.secrets"),
        "storage": ("azure.core", "azure.identity", "azure.storage.blob"),
    }
    offenders = [
        f"{name_of(path)}: {module}"
        for path in modules("kedro_azureml")
        for module in third_party(path)
        if module.startswith("azure.") and not module.startswith(rooms.get(room_of(path), ()))
    ]
    assert offenders == []


def test_every_lower_bound_is_stated() -> None:
    groups = [PROJECT["dependencies"], *PROJECT["optional-dependencies"].values()]
    assert [line for group in groups for line in group if ">=" not in line] == []


def test_the_stand_in_for_azure_ml_imports_nothing_of_the_package() -> None:
    """What the rehearsal and the stand-in do alike must come from the contract alone."""
    offenders = [
        f"{name_of(path)}: {module}"
        for path in modules("tests/kit/azureml")
        for module in imported_modules(path)
        if module.partition(".")[0] == "kedro_azureml"
    ]
    assert offenders == []
