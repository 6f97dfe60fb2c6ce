"""Sweeps together with what else a job can be."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from kedro_azureml.job.yaml import load_job
from tests.kit.shell import environment, run_kedro
from tests.kit.swept_project import SWEEP, compiled, project_with, results
from tests.kit.waiting import PATIENCE, wait_until


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
    exported = list(project.glob(".kedro_azureml/runs/*/steps/export_alpha_*/outputs/export/*/*"))
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
