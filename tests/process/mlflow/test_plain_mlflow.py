"""Nodes that call MLflow themselves: they log into their step's run, which ends truly."""

from __future__ import annotations

import csv
import signal
import subprocess
from pathlib import Path

import pytest

from tests.kit.mlflow_environment import mlflow_program
from tests.kit.mlflow_runs import VARIABLES, database_of, logged_runs, rehearse_with_mlflow
from tests.kit.projects import make_project
from tests.kit.shell import environment, run_kedro
from tests.kit.waiting import PATIENCE, wait_until

REGISTRY = """\
    import time
    from pathlib import Path

    from kedro.pipeline import Pipeline, node
    from kedro_azureml.distributed.config import Framework
    from kedro_azureml.distributed.decorators import distributed_job


    def own():
        import mlflow

        with mlflow.start_run():
            mlflow.log_metric("loss", 0.5, step=3)
            mlflow.log_param("depth", 4)
        return 1


    def at_once(one):
        import mlflow

        for number in range(20):
            mlflow.log_metric("left", number, step=number)
        return 2


    def beside(one):
        import mlflow

        for number in range(20):
            mlflow.log_metric("right", number, step=number)
        return 3


    def fail(left, right):
        import mlflow

        with mlflow.start_run():
            mlflow.log_metric("last", 1.0)
        raise ValueError("on purpose")


    def rate(rate):
        import mlflow

        mlflow.log_metric("validation loss", rate * 10)
        mlflow.log_metric("diverged", float("nan") if rate > 1 else 0)
        return rate


    def wait():
        import mlflow

        mlflow.log_metric("begun", 1.0)
        Path(MARK).touch()
        time.sleep(600)


    @distributed_job(Framework.PyTorch, num_nodes=2)
    def train():
        import os
        import mlflow

        mlflow.log_metric(f"rank {os.environ['RANK']}", 1.0)
        return 1


    def register_pipelines():
        return {
            "__default__": Pipeline([
                node(own, None, "one", name="own"),
                node(at_once, "one", "left", name="at_once"),
                node(beside, "one", "right", name="beside"),
                node(fail, ["left", "right"], "no", name="fail"),
                node(lambda no: 1, "no", "never", name="never"),
            ]),
            "rated": Pipeline([node(rate, "params:rate", "rated", name="rate")]),
            "waiting": Pipeline([node(wait, None, "waited", name="wait")]),
            "ranks": Pipeline([node(train, None, "trained", name="train")]),
        }
    """
SETTINGS = {"src/minimal/settings.py": 'DISABLE_HOOKS_FOR_PLUGINS = ("kedro_mlflow",)\n'}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project in a folder whose name is none for a URL."""
    mark = repr(str(tmp_path / "begun"))
    registry = REGISTRY.replace("MARK", mark)
    azureml = "azure: {mlflow: {parent_metrics: ['l*']}, experiment_name: Default}\n"
    return make_project(
        tmp_path / "a prüject",
        registry=registry,
        parameters="rate: 0",
        files=SETTINGS,
        azureml=azureml,
    )


def test_steps_at_once_and_one_that_fails(project: Path) -> None:
    done = rehearse_with_mlflow(project, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"mlflow ui --backend-store-uri 'sqlite:///{database_of(project)}'" in done.stdout
    runs = logged_runs(project)
    parent = runs.pop("minimal")
    assert {name: run.status for name, run in runs.items()} == {
        "own": "FINISHED",
        "at_once": "FINISHED",
        "beside": "FINISHED",
        "fail": "FAILED",
    }
    assert {run.parent for run in runs.values()} == {parent.id}
    assert (runs["own"].metrics, runs["own"].params) == ({"loss": 0.5}, {"depth": "4"})
    assert runs["at_once"].metrics == {"left": 19}
    assert runs["beside"].metrics == {"right": 19}
    assert runs["fail"].metrics == {"last": 1}
    # What azureml.yml chooses of what completed.
    assert (parent.status, parent.metrics) == ("FAILED", {"loss": 0.5, "left": 19})
    assert runs["own"].tags["kedro.node"] == "own"
    assert runs["own"].tags["kedro.step"] == "own"
    assert runs["own"].tags["kedro.pipeline"] == "__default__"
    assert 0 < runs["own"].seconds < parent.seconds


def test_what_the_combinations_of_a_sweep_log_is_in_its_table(project: Path) -> None:
    done = rehearse_with_mlflow(project, "--pipeline", "rated", "--sweep", "rate=0.5,2")
    (table,) = project.glob(".kedro_azureml/runs/*/steps/sweep_summary/outputs/summary/summary.csv")
    with table.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["rate"], row["validation loss"], row["diverged"]) for row in rows] == [
        ("0.5", "5.0", "0.0"),
        ("2", "20.0", "nan"),
    ], done.stdout
    runs = logged_runs(project)
    assert {
        name: run.tags["kedro.combination"]
        for name, run in runs.items()
        if "kedro.combination" in run.tags
    } == {"rate_rate_0_5": "rate=0.5", "rate_rate_2": "rate=2"}


def test_interrupted(project: Path) -> None:
    words = ("azureml", "run", "--local", "--pipeline", "waiting")
    process = subprocess.Popen(
        [str(mlflow_program()), "-m", "kedro", *words],
        cwd=project,
        env=environment(**VARIABLES),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        wait_until((project.parent / "begun").exists)
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 130
    finally:
        process.kill()
    runs = logged_runs(project)
    assert {name: run.status for name, run in runs.items()} == {
        "waiting": "KILLED",
        "wait": "KILLED",
    }
    assert runs["wait"].metrics == {"begun": 1}


def test_the_ranks_of_a_distributed_step_share_its_run(project: Path) -> None:
    rehearse_with_mlflow(project, "--pipeline", "ranks")
    runs = logged_runs(project)
    assert set(runs) == {"ranks", "train"}
    assert runs["train"].metrics == {"rank 0": 1, "rank 1": 1}
    assert runs["train"].status == "FINISHED"


def test_what_nobody_uses_is_not_imported_and_makes_nothing(tmp_path: Path) -> None:
    """A module of the project stands for an MLflow that says when it is imported."""
    mark = tmp_path / "imported"
    files = {"src/mlflow/__init__.py": f"open({str(mark)!r}, 'w').close()\n"}
    project = make_project(tmp_path / "p", files=files)
    done = run_kedro(project, "azureml", "run", "--local")
    assert not mark.exists()
    assert "MLflow" not in done.stdout
    assert not database_of(project).exists()
