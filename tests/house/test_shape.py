"""How large a module and a folder are, and what names stand for; complexity is ruff's (C901).

Each list of exceptions only ever gets shorter.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

import kedro_azureml
from tests.house.repository import CODE, ROOT, modules, name_of

MOST_LINES = 300
MOST_MODULES = 10
MOST_LINES_OF_A_COMMAND = 100

#: Modules of the package that are still to be divided.
LONG: set[str] = set()
#: Tests of one thing, whose rows are many.
LONG_TESTS = {
    "tests/process/cli/test_init.py",
    "tests/process/rehearsal/test_run_command.py",
    "tests/process/step/test_step.py",
    "tests/service/azure/test_computes.py",
    "tests/service/storage/test_reliability.py",
    "tests/service/storage/test_store.py",
    "tests/unit/compiler/test_compile.py",
    "tests/unit/compiler/test_placement.py",
    "tests/unit/config/test_load.py",
    "tests/unit/job/test_snapshot.py",
}
#: Names that stand for two things and are still to be replaced.
AMBIGUOUS = {
    "Framework",
    "Layout",
    "RawInput",
    "describe",
    "duration",
    "explain",
    "last_lines",
    "load",
    "print_summary",
    "relative_path",
    "serve",
    "shown",
}


def test_no_module_is_long() -> None:
    lengths = {name_of(path): len(path.read_text().splitlines()) for path in modules(*CODE)}
    offenders = {name: lines for name, lines in lengths.items() if lines > MOST_LINES}
    assert {n: lines for n, lines in offenders.items() if n not in LONG | LONG_TESTS} == {}


def test_a_command_only_parses_calls_and_prints() -> None:
    commands = (ROOT / "kedro_azureml/cli/commands").rglob("*.py")
    lengths = {name_of(path): len(path.read_text().splitlines()) for path in commands}
    assert {n: lines for n, lines in lengths.items() if lines >= MOST_LINES_OF_A_COMMAND} == {}


def test_a_folder_of_many_modules_says_why() -> None:
    """The docstring of its ``__init__.py`` is the place."""
    folders: dict[Path, int] = defaultdict(int)
    for path in modules(*CODE):
        folders[path.parent] += path.name not in ("__init__.py", "__main__.py")
    offenders = {
        name_of(folder): number
        for folder, number in folders.items()
        if number > MOST_MODULES and not _docstring(folder / "__init__.py")
    }
    assert offenders == {}


def _docstring(path: Path) -> str | None:
    return ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


def test_no_public_name_stands_for_two_things() -> None:
    """Commands are called as they are typed, and the public API as what it leads to."""
    places: dict[str, list[str]] = defaultdict(list)
    for path in modules("kedro_azureml"):
        if path.is_relative_to(ROOT / "kedro_azureml/cli/commands"):
            continue
        door = kedro_azureml.__all__ if path.parent.name == "api" else []
        for item in ast.parse(path.read_text(encoding="utf-8")).body:
            if not isinstance(item, ast.ClassDef | ast.FunctionDef):
                continue
            if not item.name.startswith("_") and item.name not in door:
                places[item.name].append(name_of(path))
    offenders = {name: where for name, where in places.items() if len(set(where)) > 1}
    assert {name: where for name, where in offenders.items() if name not in AMBIGUOUS} == {}
