"""Kedro and steps in processes of their own that start in hundredths of a second."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project

from kedro_azureml.job.expressions import render_command
from kedro_azureml.job.model import PipelineJob
from kedro_azureml.job.step_commands import literal_arguments
from kedro_azureml.step.data.folders import read_manifest
from kedro_azureml.step.main import leave_telemetry_out, main
from tests.kit.waiting import PATIENCE

# Processes that have imported Kedro already: each of them then costs some hundredths of a second.
_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(
    [
        __name__,
        "pandas",  # Kedro imports it to hold a parameter
        "dynaconf.loaders.py_loader",
        "kedro_azureml.step.session.session",
        "kedro_datasets.json.json_dataset",
        "tests.kit.random_pipelines",
    ]
)


def in_process(function: Callable[..., None], folder: Path, *arguments: Any) -> None:
    """Call a function in a process and folder of its own; it must succeed."""
    log = folder / "log.txt"
    process = _PROCESSES.Process(target=_quietly, args=(function, folder, log, arguments))
    process.start()
    process.join(PATIENCE)
    assert process.exitcode == 0, log.read_text(encoding="utf-8")


def _quietly(
    function: Callable[..., None], folder: Path, log: Path, arguments: tuple[Any, ...]
) -> None:
    with log.open("w", encoding="utf-8") as file:
        for stream in (1, 2):
            os.dup2(file.fileno(), stream)
    os.chdir(folder)
    sys.path[:] = [str(folder), *(p for p in sys.path if "pytest" not in p)]
    function(*arguments)


def run_pipeline(results: Path, params: Mapping[str, Any] | None = None) -> None:
    """``kedro run --params`` in the working directory, and what it returns."""
    leave_telemetry_out()
    bootstrap_project(Path.cwd())
    runtime = dict(params) if params else None
    with KedroSession.create(project_path=Path.cwd(), runtime_params=runtime) as session:
        found = session.run()
    results.write_text(json.dumps({name: dataset.load() for name, dataset in found.items()}))


def run_step(words: list[str]) -> None:
    """One step's command in the working directory."""
    code = main(words)
    if code:
        raise SystemExit(code)


def run_job(job: PipelineJob, project: Path, folder: Path) -> dict[str, Path]:
    """Each step in a copy of the project without its data; dataset to its output folder."""
    inputs = {name: str(project / value.path) for name, value in job.inputs.items()}  # type: ignore[union-attr,operator]
    outputs: dict[str, Path] = {}
    for name, step in job.jobs.items():
        copy = folder / name / "wd"
        shutil.copytree(project, copy, ignore=shutil.ignore_patterns("data", "__pycache__"))
        bound: dict[str, str | None] = {}
        for key, expression in step.inputs.items():
            words = str(expression).strip("${}").split(".")
            source = inputs[words[2]] if words[1] == "inputs" else folder / words[2] / words[4]
            bound[key] = str(source)
        folders = {key: str(folder / name / key) for key in step.component.outputs}
        command = render_command(step.component.command, bound, folders, frozenset())
        in_process(run_step, copy, literal_arguments(command))
        for place in map(Path, folders.values()):
            outputs[read_manifest(place).dataset] = place
    return outputs
