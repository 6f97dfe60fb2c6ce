"""A word that two modules must agree on is spelt once, and a step's command is read once."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kedro_azureml.config.models.values import DEFAULT_ALIAS
from kedro_azureml.job.references import SERVERLESS
from kedro_azureml.job.step_record import DEFAULT_PIPELINE, STEP_MODULE
from kedro_azureml.step.process.start import START_VARIABLE

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "kedro_azureml"


def texts(path: Path) -> Iterator[tuple[int, str]]:
    """The texts in a module's code, with their lines; docstrings and comments are prose."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            yield node.lineno, node.value


def spellings(matches: Callable[[str], object]) -> list[str]:
    """Where such a text stands in the package."""
    return [
        f"{path.relative_to(ROOT)}:{line}"
        for path in sorted(PACKAGE.rglob("*.py"))
        for line, text in texts(path)
        if matches(text)
    ]


@pytest.mark.parametrize(
    ("word", "matches", "homes"),
    [
        ("the module of a step", STEP_MODULE.__eq__, {"job/step_record.py"}),
        ("a step's command", re.compile(rf"-m {STEP_MODULE}\b(?!\.)").search, set()),
        # "kedro-azureml: " begins what a step says, and is none.
        ("the prefix of references", re.compile(r"(?<!-)azureml:").search, {"job/references.py"}),
        ("serverless compute", SERVERLESS.__eq__, {"job/references.py"}),
        (
            "Kedro's default pipeline, and the default alias",
            re.compile(re.escape(DEFAULT_PIPELINE)).search,
            {"job/step_record.py", "config/models/values.py"},
        ),
        ("the variable of an early start", START_VARIABLE.__eq__, {"step/process/start.py"}),
    ],
)
def test_a_word_is_spelt_once(word: str, matches: Callable[[str], object], homes: set[str]) -> None:
    found = spellings(matches)
    files = {line.partition(":")[0].removeprefix("kedro_azureml/") for line in found}
    assert len(found) == len(homes), f"{word}: {found}"
    assert files == homes


def test_the_default_pipeline_and_the_default_alias_are_what_users_write() -> None:
    assert (DEFAULT_PIPELINE, DEFAULT_ALIAS) == ("__default__", "__default__")


# What reads a text that a shell would read. `shlex.quote` writes one.
READERS = {"split", "shlex", "join"}


def test_only_the_record_takes_a_command_apart() -> None:
    offenders = []
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names: set[str] = set()
            if isinstance(node, ast.ImportFrom) and node.module == "shlex":
                names = {alias.name for alias in node.names} & READERS
            elif isinstance(node, ast.Import):
                names = {alias.name for alias in node.names} & {"shlex"}
            if names:
                offenders.append(path.relative_to(PACKAGE).as_posix())
    assert offenders == ["job/step_record.py"]


ON_A_COMMAND = re.compile(
    r"(?:re\.\w+|\.(?:match|search|fullmatch|findall|finditer|sub)|split)\([^()\n]*\bcommand\b"
    r"|\bcommand\.(?:split|r?partition|startswith|removeprefix|find|index)\("
)


def test_no_pattern_is_held_against_a_command() -> None:
    offenders = [
        f"{path.relative_to(PACKAGE).as_posix()}: {match.group()}"
        for path in sorted(PACKAGE.rglob("*.py"))
        if path.relative_to(PACKAGE).as_posix()
        # The second does to a command what Azure ML does to its expressions.
        not in {"job/step_record.py", "job/expressions.py"}
        for match in ON_A_COMMAND.finditer(path.read_text(encoding="utf-8"))
    ]
    assert offenders == []
