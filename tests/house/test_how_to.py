"""Files that the how-to pages give away: as their readers' services want them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.house.repository import ROOT
from tests.house.test_documented_commands import unknown

FOLDER = ROOT / "docs/how-to"
#: The options of check-jsonschema, as its own hooks for these services have them.
FILES = {
    "github-deploy.yml": ["--builtin-schema", "vendor.github-workflows"],
    "azure-pipelines-deploy.yml": [
        *("--builtin-schema", "vendor.azure-pipelines", "--regex-variant", "nonunicode"),
        *("--data-transform", "azure-pipelines"),
    ],
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_ci_is_as_its_service_wants_it(name: str) -> None:
    checked = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", *FILES[name], FOLDER / name],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def _lines(file: Path) -> list[str]:
    """The commands in the scripts of a file of CI."""

    def scripts(part: object) -> list[str]:
        if isinstance(part, dict):
            own = [part[key] for key in ("run", "script", "inlineScript") if key in part]
            return own + [text for value in part.values() for text in scripts(value)]
        return [text for item in part for text in scripts(item)] if isinstance(part, list) else []

    found = scripts(yaml.safe_load(file.read_text(encoding="utf-8")))
    return [line for text in found for line in text.splitlines()]


@pytest.mark.parametrize("name", FILES)
def test_its_commands_exist(name: str) -> None:
    commands = [line for line in _lines(FOLDER / name) if line.startswith("kedro azureml ")]
    assert len(commands) == 3
    for command in commands:
        words = re.split(r"\s[|>;&]+\s", command)[0].split()[2:]
        assert unknown(words) == [], command
    # A pull request changes nothing, and a difference does not fail it.
    assert sum("--check || test $? -eq 2" in command for command in commands) == 1
    assert sum("--yes" in command for command in commands) == 1


def test_every_file_of_ci_is_checked_here() -> None:
    assert {path.name for path in FOLDER.glob("*.yml")} == set(FILES)
    assert "secrets." not in "".join((FOLDER / name).read_text() for name in FILES)
