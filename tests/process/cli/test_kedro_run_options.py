"""The options of `kedro run` that say how a project is read and its nodes are run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kedro_azureml.job.model import PipelineJob
from kedro_azureml.job.step_record import StepRecord
from kedro_azureml.job.yaml import load_job
from tests.kit.projects import make_project
from tests.kit.shell import run_kedro

REGISTRY = """\
from kedro.pipeline import Pipeline, node

def one(*args): return "1"

def register_pipelines():
    load = Pipeline([node(one, "params:alpha", "table", name="load")])
    fit = Pipeline([
        node(one, "table", "model", name="fit"),
        node(one, "model", "scores", name="score"),
    ])
    return {"__default__": load + fit, "prepare": load, "science": fit}
"""
CATALOG = """\
table: {type: text.TextDataset, filepath: data/table.txt}
scores: {type: text.TextDataset, filepath: data/scores.txt}
"""
RUNNER = """\
from kedro.runner import SequentialRunner

class Loud(SequentialRunner):
    def __init__(self, is_async=False, *, word="quiet"):
        super().__init__(is_async)
        print(f"made with {word}")
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return make_project(
        tmp_path / "p",
        registry=REGISTRY,
        catalog=CATALOG,
        parameters="alpha: 1",
        files={"src/minimal/runners.py": RUNNER, "data/table.txt": "1"},
    )


def compiled(project: Path, *words: str) -> PipelineJob:
    run_kedro(project, "azureml", "compile", *words)
    return load_job(project / "pipeline.yml")


def records(job: PipelineJob) -> dict[str, StepRecord]:
    return {name: record for name, record in job.step_records().items() if record is not None}


def refused(project: Path, *words: str, code: int = 1) -> str:
    done = run_kedro(project, "azureml", "compile", *words, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return " ".join(done.stderr.split())


def rehearsed(project: Path, *words: str) -> dict[str, Any]:
    done = run_kedro(project, "azureml", "run", "--local", "--json", *words)
    report: dict[str, Any] = json.loads(done.stdout)
    assert report["status"] == "Completed"
    return report


def test_several_pipelines_are_one_job(project: Path) -> None:
    job = compiled(project, "--pipelines", "prepare,science")
    assert list(job.jobs) == ["load", "fit", "score"]
    assert {n: r.pipeline for n, r in records(job).items()}["load"] == "prepare"
    assert list(compiled(project, "--pipelines=science").jobs) == ["fit", "score"]
    assert list(rehearsed(project, "--pipelines=prepare,science")["steps"]) == [
        *("load", "fit", "score")
    ]
    assert "KAZ201 --pipelines The project has no pipeline 'sience'." in refused(
        project, "--pipelines", "prepare,sience"
    )
    assert "both name pipelines" in refused(project, "--pipelines", "science", "-p", "prepare")


def test_a_runner_and_what_it_is_made_with(project: Path) -> None:
    own = ("-r", "minimal.runners.Loud", "--runner-params", "word=hello", "--async")
    for record in records(compiled(project, *own)).values():
        assert record.runner == "minimal.runners.Loud"
        assert record.runner_params == {"is_async": True, "word": "hello"}
    rehearsed(project, *own)
    said = run_kedro(project, "azureml", "run", "--local", "--logs", "fit").stdout
    assert "made with hello" in said
    grouped = compiled(project, "--runner=ThreadRunner", "--group-by=pipeline")
    assert [r.runner for r in records(grouped).values()] == ["ThreadRunner"]
    assert "KAZ107 --runner" in refused(project, "--runner", "ThreadRuner")
    assert "KAZ107 --runner" in refused(project, "--runner", "minimal.runners.Lod")
    assert "--runner-params The runner 'ThreadRunner' cannot be made" in refused(
        project, "--runner=ThreadRunner", "--runner-params=workers=3"
    )


def test_only_missing_outputs(project: Path) -> None:
    job = compiled(project, "--only-missing-outputs")
    # `model` is in memory: what makes it runs again.
    assert list(job.jobs) == ["fit", "score"]
    (project / "data/scores.txt").write_text("1")
    said = refused(project, "--only-missing-outputs")
    assert "KAZ206 --only-missing-outputs Every output exists" in said


def test_a_file_of_options(project: Path, tmp_path: Path) -> None:
    file = tmp_path / "run.yml"
    file.write_text(
        "run:\n  pipeline: prepare\n  node_names: [load]\n  params: {alpha: 2}\n"
        "  runner: ThreadRunner\n"
    )
    job = compiled(project, "--config", str(file))
    assert list(job.jobs) == ["load"]
    assert records(job)["load"].parameters == {"alpha": 2}
    # What is typed counts more.
    job = compiled(project, "-c", str(file), "--params=alpha=3")
    assert records(job)["load"].parameters == {"alpha": 3}
    file.write_text("run: {pipelin: science}\n")
    assert "has the key 'pipelin'. Did you mean 'pipeline'?" in refused(
        project, "--config", str(file), code=2
    )


def test_another_folder_of_configuration(project: Path, tmp_path: Path) -> None:
    (project / "conf").rename(project / "other")
    (project / "other/base/parameters.yml").write_text("alpha: 7")
    job = compiled(project, "--conf-source", "other")
    assert {r.conf_source for r in records(job).values()} == {"other"}
    rehearsed(project, "--conf-source=other")
    said = refused(project, "--conf-source", str(tmp_path), code=2)
    assert "lies outside of the project" in said


def test_older_spellings_still_work(project: Path) -> None:
    said = run_kedro(project, "azureml", "run", "--help").stdout
    assert "--job-tag" in said
    assert "--tag " not in said
