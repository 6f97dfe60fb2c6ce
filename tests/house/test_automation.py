"""What runs outside of this repository's own commands runs those commands."""

from __future__ import annotations

import json
import re
from pathlib import Path

import yaml

from tests.house.repository import PROJECT

ROOT = Path(__file__).parents[2]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def test_the_workflow_runs_everything_on_each_python_that_is_declared() -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))
    job = workflow["jobs"]["run"]
    assert [step["run"] for step in job["steps"] if "run" in step] == [".ci/run"]
    assert (ROOT / ".ci/run").stat().st_mode & 0o100
    declared = [c.rpartition(" ")[2] for c in PROJECT["classifiers"] if "Python :: 3." in c]
    assert job["strategy"]["matrix"]["python"] == declared
    assert "secrets." not in (ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8")


def test_every_make_target_that_is_named_exists() -> None:
    container = json.loads((ROOT / ".devcontainer/devcontainer.json").read_text(encoding="utf-8"))
    handbook = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = re.findall(r"make ([a-z-]+)", container["postCreateCommand"])
    named += re.findall(r"`make ([a-z-]+)", handbook)
    assert named
    assert [name for name in named if not re.search(rf"^{name}:", MAKEFILE, re.M)] == []
