"""The project whose pipelines run on real frameworks: ``make test-distributed``."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.kit.projects import copy_project
from tests.kit.shell import run_kedro

#: "In seconds", on a machine whose two cores have other things to do.
SOON = 60.0


@dataclass(frozen=True)
class Rehearsed:
    """What a rehearsal printed, wrote and took."""

    output: str
    report: Mapping[str, Any]
    folder: Path
    seconds: float

    def step(self, name: str) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.report["steps"][name]
        return found

    def log(self, step: str, rank: int) -> str:
        log = self.folder / f"steps/{step}/user_logs/std_log_process_{rank}.txt"
        return log.read_text(encoding="utf-8", errors="replace")

    def saved(self, framework: str) -> dict[str, Any]:
        """What the main process saved."""
        path = f"steps/train_{framework}/outputs/{framework}_report/data/{framework}.json"
        found: dict[str, Any] = json.loads((self.folder / path).read_text())
        return found


class Ranks:
    """The project, and its commands."""

    def __init__(self, project: Path) -> None:
        self.project = project

    def rehearse(self, *arguments: str, check: bool = True) -> Rehearsed:
        began = time.monotonic()
        done = run_kedro(self.project, "azureml", "run", "--local", *arguments, check=check)
        folder = max((self.project / ".kedro_azureml/runs").glob("2*"))
        report = json.loads((folder / "report.json").read_text())
        return Rehearsed(done.stdout + done.stderr, report, folder, time.monotonic() - began)

    def rehearse_trouble(self, framework: str, trouble: str, *arguments: str) -> Rehearsed:
        found = self.rehearse(
            f"--pipeline={framework}", f"--params=trouble={trouble}", *arguments, check=False
        )
        assert found.report["status"] == "Failed", found.output
        return found

    def compile_with_timeout(self, framework: str, trouble: str, seconds: int) -> Path:
        """Compile a pipeline, and give its distributed step a limit."""
        run_kedro(
            self.project,
            "azureml",
            "compile",
            f"--pipeline={framework}",
            f"--params=trouble={trouble}",
        )
        document = self.project / "pipeline.yml"
        job = yaml.safe_load(document.read_text())
        job["jobs"][f"train_{framework}"]["limits"] = {"timeout": seconds}
        document.write_text(yaml.safe_dump(job))
        return document


@pytest.fixture(scope="session")
def ranks(tmp_path_factory: pytest.TempPathFactory) -> Ranks:
    return Ranks(copy_project("ranks", tmp_path_factory.mktemp("ranks") / "a project"))
