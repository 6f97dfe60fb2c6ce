"""A folder with code in it, and a way to rehearse a document written in the test."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from kedro_azureml.job.model import PipelineJob
from kedro_azureml.job.run.model import RunStep
from kedro_azureml.rehearsal import RehearsalOptions, RunReport, rehearse
from tests.kit.job_documents import Jobs, command


class Stage:
    """A folder to rehearse in.

    Its path has a space in it: a document must quote its placeholders.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.write("code/main.py", "print('main')\n")

    def write(self, name: str, text: str) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def run(
        self,
        jobs: Jobs,
        inputs: Mapping[str, Any] | None = None,
        *,
        document: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> RunReport:
        options = {"kill_grace": 0.5, "max_parallel": 4, **options}
        job = {"display_name": "probe", "jobs": jobs, "inputs": inputs or {}, **(document or {})}
        model = PipelineJob.model_validate(job)
        return rehearse(model, self.root, RehearsalOptions(**options), source="probe.yml")

    def run_one(self, text: str, **options: Any) -> RunStep:
        """Rehearse a job of one step, called ``probe``."""
        run_options = {n: options.pop(n) for n in ("pass_env", "kill_grace") if n in options}
        inputs = options.pop("pipeline_inputs", None)
        return self.run({"probe": command(text, **options)}, inputs, **run_options).steps["probe"]


def log_path(step: RunStep) -> Path:
    assert step.log is not None
    return step.log


def log_of(step: RunStep) -> str:
    return log_path(step).read_text(encoding="utf-8", errors="replace")


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    root = tmp_path / "my project"
    root.mkdir()
    return Stage(root)
