"""Sweeps together with what else a job can be."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from kedro_azureml.job.model import BoundInput, PipelineJob
from kedro_azureml.job.yaml import load_job
from tests.kit.projects import make_project
from tests.kit.shell import environment, run_kedro
from tests.kit.waiting import PATIENCE, wait_until

REGISTRY = """\
import time

from kedro.pipeline import Pipeline, node
from kedro_azureml.distributed import Framework, distributed_job


def rows(n):
    return list(range(n))


def train(rows, alpha, noise):
    if alpha == "forever":
        time.sleep(3000)
    return {"alpha": alpha, "rows": len(rows), "noise": noise}


@distributed_job(Framework.PyTorch, 1, 2)
def train_on_two(rows, alpha, noise):
    return train(rows, alpha, noise)


def score(model):
    if model["alpha"] == 13:
        raise ValueError("no luck")
    return {"r2": model["alpha"] * model["rows"], "loss": float("nan")}


def pipeline(function):
    return Pipeline(
        [
            node(rows, "params:n", "rows", name="rows"),
            node(
                function, ["rows", "params:model.alpha", "params:noise"], "model", name="train"
            ),
            node(score, "model", "metrics", name="score"),
        ]
    )


def register_pipelines():
    return {"__default__": pipeline(train), "two": pipeline(train_on_two)}
"""
CATALOG = """\
model: {type: json.JSONDataset, filepath: data/06/model.json}
metrics: {type: json.JSONDataset, filepath: data/08/metrics.json}
"""
SWEEP = ("--sweep", "model.alpha=0.5,2")


def project_with(path: Path, **azure: Any) -> Path:
    """The project, with more in its azureml.yml."""
    section = {
        "resource_group": "rg",
        "workspace_name": "ws",
        "environment_name": "env@latest",
        "compute": {"__default__": {"cluster_name": "cpu"}},
        **azure,
    }
    return make_project(
        path,
        registry=REGISTRY,
        catalog=CATALOG,
        parameters=json.dumps({"n": 10, "noise": 0, "model": {"alpha": 0}}),
        azureml=json.dumps({"azure": section}),
    )


def results(project: Path, dataset: str = "model") -> dict[str, Any]:
    """What lies in the catalog, by its combination."""
    return {
        file.parent.name: json.loads(file.read_text())
        for file in project.glob(f"data/*/{dataset}/*/{dataset}.json")
    }


def waits(job: PipelineJob) -> int:
    """How many edges there are that carry no data."""
    return sum(
        name.startswith("after_") and not isinstance(value, BoundInput)
        for step in job.jobs.values()
        for name, value in step.inputs.items()
    )


def compiled(project: Path, *options: str) -> PipelineJob:
    run_kedro(project, "azureml", "compile", "-o", "job.yml", *options)
    return load_job(project / "job.yml")


@pytest.mark.parametrize("grouping", [{"by": "pipeline"}, {"by": "memory"}])
def test_nodes_that_share_a_step_are_copied_together(
    tmp_path: Path, grouping: dict[str, str]
) -> None:
    project = project_with(tmp_path / "p", grouping=grouping)
    run_kedro(project, "azureml", "run", "--local", *SWEEP, "--into-catalog")
    assert {label: made["alpha"] for label, made in results(project).items()} == {
        "alpha=0.5": 0.5,
        "alpha=2": 2,
    }
    assert {label: made["r2"] for label, made in results(project, "metrics").items()} == {
        "alpha=0.5": 5.0,
        "alpha=2": 20,
    }


def test_what_a_failed_combination_did_not_touch_goes_into_the_catalog(tmp_path: Path) -> None:
    project = project_with(tmp_path / "p")
    sweep = ("--sweep", "model.alpha=13,2", "--max-concurrent", "1")
    done = run_kedro(project, "azureml", "run", "--local", *sweep, "--into-catalog", check=False)
    assert done.returncode == 1
    assert "1 combination completed, 1 did not." in done.stdout
    assert set(results(project, "metrics")) == {"alpha=2"}
    # The step before it completed.
    assert set(results(project)) == {"alpha=2", "alpha=13"}
    # A metric that is no number hides none of the others.
    (row,) = [line.split() for line in done.stdout.splitlines() if line.startswith("2  ")]
    assert row[1:6] == ["2", "10", "0", "20", "nan"]


def test_no_result_is_put_into_the_folder_of_another_dataset(tmp_path: Path) -> None:
    project = project_with(tmp_path / "p")
    with (project / "conf/base/catalog.yml").open("a") as catalog:
        catalog.write("many: {type: partitions.PartitionedDataset, path: data/08/metrics}\n")
        catalog.write("more: {type: partitions.PartitionedDataset, path: data/08/metrics_sweep}\n")
    run_kedro(project, "azureml", "run", "--local", *SWEEP, "--into-catalog")
    assert set(results(project)) == {"alpha=0.5", "alpha=2"}
    assert {
        path.parent.relative_to(project).as_posix()
        for path in project.rglob("metrics.json")
        if "data" in path.relative_to(project).parts[:1]
    } == {
        "data/08/metrics_sweep_sweep/alpha=0.5",
        "data/08/metrics_sweep_sweep/alpha=2",
    }


def test_the_name_of_a_step_tells_its_values(tmp_path: Path) -> None:
    project = project_with(tmp_path / "p")
    registry = project / "src/minimal/pipeline_registry.py"
    long = "train_the_model_of_which_everybody_speaks_by_a_method_that_is_new"
    registry.write_text(registry.read_text().replace('name="train"', f'name="{long}"'))
    job = compiled(project, *SWEEP)
    steps = [name for name in job.jobs if name.startswith("train_the_model")]
    assert [name.partition("_alpha_")[2] for name in steps] == ["0_5", "2"]
    assert all(len(name) <= 63 for name in steps)


def test_an_interrupted_sweep_shows_what_completed(tmp_path: Path) -> None:
    project = project_with(tmp_path / "p")
    sweep = ("--sweep", "model.alpha=2,forever,3", "--max-concurrent", "1")
    command = [sys.executable, "-m", "kedro", "azureml", "run", "--local", *sweep]
    with subprocess.Popen(
        command, cwd=project, env=environment(), stdout=subprocess.PIPE, text=True, encoding="utf-8"
    ) as running:
        begun = "steps/train_alpha_forever/user_logs/std_log.txt"
        wait_until(lambda: any(project.glob(f".kedro_azureml/runs/*/{begun}")))
        running.send_signal(signal.SIGINT)
        stdout, _ = running.communicate(timeout=PATIENCE)
    assert running.returncode == 130
    lines = [line.split() for line in stdout.splitlines()]
    start = next(n for n, line in enumerate(lines) if line[:1] == ["model.alpha"])
    assert [(line[0], line[4], line[-1]) for line in lines[start + 1 : start + 4]] == [
        ("2", "20", "Completed"),
        ("forever", "-", "Canceled"),
        ("3", "-", "NotStarted"),
    ]
    assert "1 combination completed, 2 did not." in stdout


def test_other_parameters_stay_inputs_of_the_job(tmp_path: Path) -> None:
    project = project_with(tmp_path / "p", job_inputs=["noise", "model.alpha"])
    job = compiled(project, *SWEEP)
    assert set(job.inputs) == {"noise"}
    run_kedro(
        project, "azureml", "run", "--local", "-f", "job.yml", "--set", "noise=7", "--into-catalog"
    )
    assert {made["noise"] for made in results(project).values()} == {7}


def test_processes_of_a_distributed_node_are_those_of_each_copy(tmp_path: Path) -> None:
    project = project_with(tmp_path / "p")
    done = run_kedro(
        project, "azureml", "run", "--local", "-p", "two", *SWEEP, "--max-concurrent", "1",
        "--into-catalog",
    )  # fmt: skip
    assert len(results(project)) == 2
    assert "2 combinations completed." in done.stdout


def test_each_result_is_exported(tmp_path: Path) -> None:
    project = project_with(tmp_path / "p", export={"datasets": ["metrics"]})
    run_kedro(project, "azureml", "run", "--local", *SWEEP)
    exported = list(project.glob(".kedro_azureml/runs/*/steps/export/outputs/export/*/*"))
    assert len(exported) == 2
    assert {json.loads(file.read_text())["r2"] for file in exported} == {5.0, 20}


def test_data_between_steps_may_go_through_storage(tmp_path: Path) -> None:
    project = project_with(
        tmp_path / "p", temporary_storage={"account_name": "account", "container": "container"}
    )
    run_kedro(project, "azureml", "run", "--local", *SWEEP, "--into-catalog")
    assert {made["alpha"] for made in results(project).values()} == {0.5, 2}


def test_a_published_dataset_has_a_place_for_each_combination(tmp_path: Path) -> None:
    project = project_with(tmp_path / "p")
    place = "azureml://datastores/d/paths/models/{date}"
    (project / "conf/base/catalog.yml").write_text(
        f"model: {{type: json.JSONDataset, filepath: data/06/model.json, metadata: {{azureml: "
        f"{{path: '{place}', register: best}}}}}}\n"
    )
    done = run_kedro(project, "azureml", "compile", "-o", "job.yml", *SWEEP)
    assert "warning KAZ263" in done.stderr
    job = load_job(project / "job.yml")
    paths = [
        output.path
        for step in job.jobs.values()
        for output in step.outputs.values()
        if not isinstance(output, str)
    ]
    assert paths == [f"{place}/alpha=0.5/", f"{place}/alpha=2/"]


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
