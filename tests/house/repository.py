"""The repository as the rules see it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "kedro_azureml"
SETTINGS: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT: dict[str, Any] = SETTINGS["project"]
#: The folders of Python code that follow the rules.
CODE = ("kedro_azureml", "tests", "tools", "benchmarks")


def modules(*folders: str) -> Iterator[Path]:
    """The modules below folders of the repository; the projects that the tests run are data."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "projects" not in path.parts:
                yield path


def name_of(path: Path) -> str:
    """A file as the rules name it."""
    return path.relative_to(ROOT).as_posix()


def run_python(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def tracked_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    paths = (ROOT / name for name in listed.stdout.split("\0") if name)
    return [p for p in paths if p.is_file()]
