"""Sweeps of sharded nodes, of schedules, from Python, and what is no sweep."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.kit.projects import make_project
from tests.kit.shell import environment, run_kedro
from tests.kit.swept_project import SWEEP, compiled, project_with, results, waits

SHARDED = """\
from kedro.pipeline import Pipeline, node
from kedro_azureml.distributed import sharded


@sharded(by="parts", shards=2)
def scale(parts, alpha):
    return {name: {"value": load()["value"] * alpha} for name, load in parts.items()}


def total(parts):
    return {"sum": sum(load()["value"] for load in parts.values())}


def register_pipelines():
    scaling = node(scale, ["parts", "params:alpha"], "scaled", name="scale")
    return {"__default__": Pipeline([scaling, node(total, "scaled", "total", name="total")])}
"""
PARTITIONED = """\
parts: {type: partitions.PartitionedDataset, path: data/01/parts, dataset: json.JSONDataset}
scaled: {type: partitions.PartitionedDataset, path: data/02/scaled, dataset: json.JSONDataset}
total: {type: json.JSONDataset, filepath: data/08/total.json}
"""


def test_the_shards_of_a_node_are_those_of_each_copy(tmp_path: Path) -> None:
    project = make_project(
        tmp_path / "p",
        registry=SHARDED,
        catalog=PARTITIONED,
        parameters="alpha: 0",
        files={f"data/01/parts/{n}.json": json.dumps({"value": n}) for n in range(1, 5)},
        azureml=None,
    )
    done = run_kedro(
        project, "azureml", "run", "--local", "--sweep", "alpha=1,10", "--max-concurrent", "1",
        "--into-catalog",
    )  # fmt: skip
    assert "2 combinations completed." in done.stdout
    assert results(project, "total") == {"alpha=1": {"sum": 10}, "alpha=10": {"sum": 100}}
    scaled = project.glob("data/02/scaled_sweep/alpha=10/scaled/*.json")
    assert {file.stem: json.loads(file.read_text())["value"] for file in scaled} == {
        "1": 10,
        "2": 20,
        "3": 30,
        "4": 40,
    }


def test_a_job_of_azureml_yml_is_a_sweep_that_a_schedule_starts(tmp_path: Path) -> None:
    study = {"sweep": {"parameters": {"model.alpha": [0.5, 2]}, "max_concurrent": 1}}
    project = project_with(
        tmp_path / "p",
        jobs={"study": study},
        schedules={"nightly": {"job": "study", "cron": "0 3 * * *"}},
    )
    run_kedro(project, "azureml", "compile", "--schedule", "nightly")
    run_kedro(project, "azureml", "run", "--local", "--schedule", "nightly", "--into-catalog")
    assert set(results(project)) == {"alpha=0.5", "alpha=2"}
    job = compiled(project, "-j", "study")
    assert waits(job) == 2
    # The values of the command line replace those of the job; the bound stays.
    job = compiled(project, "-j", "study", "--sweep", "model.alpha=1,2,3")
    assert sum("train" in name for name in job.jobs) == 3
    assert waits(job) == 4
    job = compiled(project, "-j", "study", "--max-concurrent", "2")
    assert waits(job) == 0


def test_a_parameter_that_another_one_changes_is_swept_too(tmp_path: Path) -> None:
    project = project_with(tmp_path / "p")
    (project / "conf/base/parameters.yml").write_text(
        "n: 10\nnoise: ${model.alpha}\nmodel: {alpha: 1, depth: 2}\n"
    )
    # Only `noise` is read: by `--params`, Kedro would change it with the other one.
    registry = project / "src/minimal/pipeline_registry.py"
    registry.write_text(registry.read_text().replace('"params:model.alpha"', '"params:n"'))
    run_kedro(project, "azureml", "run", "--local", *SWEEP, "--into-catalog")
    assert {label: made["noise"] for label, made in results(project).items()} == {
        "alpha=0.5": 0.5,
        "alpha=2": 2,
    }
    # So it is with an input of the job.
    run_kedro(project, "azureml", "compile", "-o", "job.yml", "--expose", "model.alpha")
    run_kedro(
        project, "azureml", "run", "--local", "-f", "job.yml", "--set", "model.alpha=7",
        "--into-catalog",
    )  # fmt: skip
    assert json.loads((project / "data/06/model.json").read_text())["noise"] == 7


def test_what_is_compiled_once_cannot_depend_on_the_value(tmp_path: Path) -> None:
    project = project_with(tmp_path / "p")
    catalog = project / "conf/base/catalog.yml"
    catalog.write_text(
        catalog.read_text().replace("data/06/", "'data/${runtime_params:noise, 1}/", 1)
        .replace("model.json}", "model.json'}", 1)
    )  # fmt: skip
    sweep = ("--sweep", "noise=1,2")
    done = run_kedro(project, "azureml", "compile", *sweep, check=False)
    assert "error KAZ261" in done.stderr
    assert "'model' depends on the parameter 'noise'" in " ".join(done.stderr.split())


def test_a_bounded_sweep_can_be_planned(tmp_path: Path) -> None:
    project = project_with(tmp_path / "p")
    page = tmp_path / "plan.html"
    bound = ("--sweep", "model.alpha=1,2,3,4", "--max-concurrent", "2")
    done = run_kedro(project, "azureml", "plan", *bound, "--html", str(page))
    assert all(f"train_alpha_{value}" in done.stdout for value in (1, 2, 3, 4))
    assert page.is_file()


PROGRAM = """\
import numpy as np
from kedro_azureml import DiagnosticError, compile_project, rehearse

rates = compile_project(local=True, sweep={"noise": np.linspace(0, 1, 3), "n": [np.int64(2)]})
print([row.values for row in rehearse(rates).combinations])
for wrong in ("abc", 1, {"a": 1}):
    try:
        compile_project(local=True, sweep={"noise": wrong})
    except DiagnosticError as error:
        print(error.diagnostics[0].code, error.diagnostics[0].message)
"""


def test_python_takes_values_of_numpy_and_refuses_what_is_no_list(tmp_path: Path) -> None:
    project = project_with(tmp_path / "p")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=project,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    rows, *refused = done.stdout.splitlines()[-4:]
    assert rows == "[(0.0, 2), (0.5, 2), (1.0, 2)]"
    assert refused == ["KAZ261 'noise': Input should be a valid list."] * 3


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (("--sweep", "model.alpha=1,1"), "KAZ261", "is there twice"),
        (("--sweep", "model.alpha="), "KAZ261", "has no values"),
        (("--sweep", "model.alpha"), "KAZ107", "not of the form"),
        (("--sweep", "model.alpha=["), "KAZ107", "cannot be read"),
        (("--sweep", "model.alpha=1", "--sweep", "model.alpha=2"), "KAZ107", "given twice"),
        (("--sweep", "model=1", "--sweep", "model.alpha=2"), "KAZ261", "is a part of"),
        (("--sweep", "model.depth=1"), "KAZ211", "cannot be swept"),
        (("--sweep", "n=1", "--sweep", "noise=1,2", "--zip"), "KAZ261", "different numbers"),
        (("--max-concurrent", "2"), "KAZ107", "there is none"),
        (("--sweep", "noise=1,'${oc.env:HOME}'"), "KAZ107 --sweep", "the name of another value"),
        (
            ("--sweep", "n=1,2", "--only-missing-outputs"),
            "KAZ107",
            "of the combinations of a sweep",
        ),
        (("--sweep", f"n={','.join(map(str, range(1001)))}"), "KAZ262", "1,001 combinations"),
    ],
)
def test_what_is_no_sweep_is_said(
    tmp_path: Path, options: tuple[str, ...], code: str, words: str
) -> None:
    project = project_with(tmp_path / "p")
    done = run_kedro(project, "azureml", "compile", *options, check=False)
    assert done.returncode == 1
    assert f"error {code}" in " ".join(done.stderr.split())
    assert words in " ".join(done.stderr.split())
    # Nobody has given --params.
    assert "KAZ210" not in done.stderr
    assert "Traceback" not in done.stderr
