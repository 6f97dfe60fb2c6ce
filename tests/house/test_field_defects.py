"""What went wrong once has a test each: the pages of docs/architecture that list it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = {"field-defects.md": 31, "reliability-rows.md": 38}


def functions(module: str) -> set[str]:
    """The test functions in all modules of this name."""
    trees = [ast.parse(f.read_text(encoding="utf-8")) for f in ROOT.glob(f"tests/**/{module}.py")]
    return {
        item.name for tree in trees for item in ast.walk(tree) if isinstance(item, ast.FunctionDef)
    }


@pytest.mark.parametrize(("page", "least"), PAGES.items())
def test_every_row_names_tests_that_exist(page: str, least: int) -> None:
    lines = (ROOT / "docs" / "architecture" / page).read_text(encoding="utf-8").splitlines()
    rows = [line for line in lines if re.match(r"\| (?!seen in|row|---)", line)]
    assert len(rows) >= least
    wrong = []
    for row in rows:
        cell = row.rstrip("| ").rpartition(" | ")[2]
        tests = re.findall(r"`(\w+)::(\w+)`", cell)
        wrong += [f"{m}::{name}" for m, name in tests if name not in functions(m)]
        if not tests and cell != "not built yet":
            wrong.append(row)
    assert wrong == []


def test_every_row_of_reliability_names_tests_that_exist() -> None:
    text = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
    rows = text.partition("## Row by row")[2].splitlines()[4:]
    tests = [re.findall(r"`(\w+)::(\w+)`", row) for row in rows]
    assert len(rows) > 10
    assert all(tests)
    named = [each for row in tests for each in row]
    assert [f"{m}::{name}" for m, name in named if name not in functions(m)] == []


def test_our_exceptions_are_ordinary() -> None:
    from kedro_azureml.diagnostics import DiagnosticError
    from kedro_azureml.step.data.folders import FolderError
    from kedro_azureml.step.errors import StepError

    assert all(issubclass(error, Exception) for error in (DiagnosticError, StepError, FolderError))
