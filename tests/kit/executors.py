"""What runs a document, seen from outside: the rehearsal, and the stand-in for Azure ML."""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from kedro_azureml.job.model import PipelineJob
from kedro_azureml.job.run.model import RunStep
from kedro_azureml.rehearsal import RehearsalOptions, rehearse
from tests.kit.azureml.runner.pipeline import PipelineRun
from tests.kit.azureml.runner.step import StepRun
from tests.kit.azureml.runner.variables import Scope
from tests.kit.job_documents import Jobs, command

#: Seconds between SIGTERM and SIGKILL.
GRACE = 1.0


@dataclass(frozen=True)
class StepOutcome:
    """How a step ended.

    Attributes:
        status: Azure ML's word.
        exit_code: Of its process, negative for a signal.
        logs: By name, below ``user_logs``.
        outputs: What of its outputs was kept.
        artifacts: The files below ``outputs`` and ``logs`` of its working directory.
    """

    status: str
    exit_code: int | None
    logs: Mapping[str, Path]
    outputs: Mapping[str, Path]
    artifacts: Mapping[str, Path]

    @property
    def log(self) -> str:
        """What it printed, if it is one process."""
        (log,) = self.logs.values()
        return log.read_text(encoding="utf-8", errors="replace")


@dataclass(frozen=True)
class JobOutcome:
    """How a job ended."""

    status: str
    steps: Mapping[str, StepOutcome]


class Executor(Protocol):
    """Runs documents in a folder, whose path has a space in it: placeholders must be quoted."""

    root: Path

    def run_job(self, job: Mapping[str, Any]) -> JobOutcome:
        """Run a document, whose paths count from `root`."""


class Bench:
    """A folder with code and data in it, and an executor to run documents written in the test."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self.root = executor.root
        self.write("code/main.py", "print('main')\n")

    def write(self, name: str, text: str) -> Path:
        """Write a file below the folder."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def run(
        self, jobs: Jobs, inputs: Mapping[str, Any] | None = None, **document: Any
    ) -> JobOutcome:
        """Run a job of these steps."""
        return self._executor.run_job(
            {"display_name": "probe", "jobs": jobs, "inputs": inputs or {}, **document}
        )

    def run_one(
        self, text: str, pipeline_inputs: Mapping[str, Any] | None = None, **options: Any
    ) -> StepOutcome:
        """Run a job of one step, called ``probe``."""
        return self.run({"probe": command(text, **options)}, pipeline_inputs).steps["probe"]


class Rehearsal:
    """The rehearsal of this package."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def run_job(self, job: Mapping[str, Any]) -> JobOutcome:
        options = RehearsalOptions(kill_grace=GRACE, max_parallel=4)
        model = PipelineJob.model_validate(job)
        report = rehearse(model, self.root, options, source="probe.yml")
        return JobOutcome(
            report.status, {name: self._outcome(step) for name, step in report.steps.items()}
        )

    def _outcome(self, step: RunStep) -> StepOutcome:
        assert step.log is not None
        logs = [log for log in (step.logs or (step.log,)) if log.exists()]
        folder = step.log.parents[1]
        # Of a step that failed, the whole machine is kept.
        kept = [folder / "wd", *folder.glob("*/exe/wd")]
        return StepOutcome(
            step.status,
            step.exit_code,
            {log.name: log for log in logs},
            {output.name: output.path for output in step.outputs if output.path.exists()},
            {
                file.relative_to(each).as_posix(): file
                for each in kept
                for name in ("outputs", "logs")
                for file in (each / name).rglob("*")
                if file.is_file()
            },
        )


class StandIn:
    """The executor of the stand-in for Azure ML, without the service around it."""

    def __init__(self, root: Path, folder: Path) -> None:
        self.root = root
        self._folder = folder
        self._runs = 0

    def run_job(self, job: Mapping[str, Any]) -> JobOutcome:
        self._runs += 1
        folder = self._folder / str(self._runs)
        document = _Upload(self.root, folder / "uploaded").document(job)
        scope = Scope(str(job.get("name") or "a-job"), job.get("experiment_name") or "Default")
        pipeline = PipelineRun(document, self.root, folder / "steps", scope, grace=GRACE)
        status = pipeline.run()
        return JobOutcome(
            status, {name: self._outcome(step) for name, step in pipeline.steps.items()}
        )

    def _outcome(self, step: StepRun) -> StepOutcome:
        return StepOutcome(
            step.status,
            step.exit_code,
            {log.name: log for log in step.logs},
            {name: path for name, path in step.outputs.items() if path.exists()},
            {
                f"{name}/{file.relative_to(folder).as_posix()}": file
                for name, folder in step.artifacts.items()
                for file in folder.rglob("*")
                if file.is_file()
            },
        )


class _Upload:
    """Copies what the SDK would upload, by its own lister, and names the copies instead."""

    def __init__(self, root: Path, folder: Path) -> None:
        self._root = root
        self._folder = folder
        self._copies = 0

    def document(self, job: Mapping[str, Any]) -> dict[str, Any]:
        inputs = {name: self._data(value) for name, value in job["inputs"].items()}
        return {**job, "inputs": inputs, "jobs": {n: self._step(s) for n, s in job["jobs"].items()}}

    def _step(self, step: Mapping[str, Any]) -> dict[str, Any]:
        component = dict(step["component"])
        if component.get("code"):
            component["code"] = self._copy(str(component["code"]), code=True)
        inputs = {name: self._data(value) for name, value in step["inputs"].items()}
        return {**step, "component": component, "inputs": inputs}

    def _data(self, value: Any) -> Any:
        if isinstance(value, Mapping) and (self._root / str(value.get("path"))).exists():
            return {**value, "path": self._copy(str(value["path"]), code=False)}
        return value

    def _copy(self, path: str, *, code: bool) -> str:
        source = self._root / path
        self._copies += 1
        target = self._folder / str(self._copies) / source.name
        files = [(source, "")] if source.is_file() else _listed(source, code=code)
        for file, relative in files:
            copy = target / relative
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, copy)
        return str(target)


def _listed(folder: Path, *, code: bool) -> list[tuple[Path, str]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from azure.ai.ml._utils._asset_utils import get_ignore_file, get_upload_files_from_folder
        from azure.ai.ml.entities._component.code import ComponentIgnoreFile

        ignore = ComponentIgnoreFile(folder) if code else get_ignore_file(folder)
        files: Any = get_upload_files_from_folder(folder, ignore_file=ignore)
    return [(Path(file), Path(name).as_posix()) for file, name in files]
