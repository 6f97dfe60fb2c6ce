"""kedro-mlflow without any configuration, on nine nodes: here, and through azureml-mlflow."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.kit.azureml.service import AzureService
from tests.kit.mlflow_environment import mlflow_program
from tests.kit.mlflow_runs import logged_runs, mlflow_spaceflights, rehearse_with_mlflow
from tests.kit.shell import run_kedro
from tests.kit.submission import Kedro, azureml_yml

pytest_plugins = ("tests.kit.azureml.fixtures", "tests.kit.fixtures")

METRICS = {"metrics.r2_score", "metrics.mae", "metrics.max_error"}
COMMIT = ("commit", "--quiet", "--allow-empty", "--message", "one")
AUTHOR = ("-c", "user.name=a", "-c", "user.email=a@example.com")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The project, in a repository with one commit."""
    project = mlflow_spaceflights(tmp_path / "nine nodes")
    (project / ".amlignore").write_text(
        ".git/\n__pycache__/\ndata/\nconf/local/\n.kedro_azureml/\n"
    )
    (project / ".gitignore").write_text(".kedro_azureml/\n")
    for words in (("init", "--quiet"), ("add", "."), COMMIT):
        subprocess.run(["git", *AUTHOR, *words], cwd=project, check=True)
    return project


def commit_of(project: Path) -> str:
    head = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=project, check=True, capture_output=True, text=True
    )
    return head.stdout.strip()


def check_metrics(metrics: Mapping[str, float]) -> None:
    """What the evaluating step made of the model that another one has trained."""
    assert set(metrics) == METRICS
    assert 0.9 < metrics["metrics.r2_score"] < 1


@pytest.mark.timeout(1200)
def test_a_rehearsal(project: Path) -> None:
    done = rehearse_with_mlflow(project)
    assert "Logged with MLflow: mlflow ui --backend-store-uri 'sqlite:////" in done.stdout
    runs = logged_runs(project)
    parent = runs.pop("spaceflights")
    assert len(runs) == 9
    assert {run.parent for run in runs.values()} == {parent.id}
    assert {run.status for run in (parent, *runs.values())} == {"FINISHED"}
    check_metrics(parent.metrics)
    check_metrics(runs["evaluate_model_node"].metrics)
    assert runs["split_data_node"].params["random_state"] == "5"
    for run in runs.values():
        assert run.tags["mlflow.source.git.commit"] == commit_of(project)
        assert run.tags["mlflow.source.git.dirty"] == "false"
        assert run.tags["kedro.step"] == run.tags["kedro.node"] == run.name


@pytest.mark.timeout(1200)
def test_through_the_service(azure_service: AzureService, project: Path) -> None:
    kedro, mlflow = Kedro(azure_service, project), azure_service.mlflow
    mlflow.start()
    (project / "conf/base/azureml.yml").write_text(azureml_yml(azure_service))
    words = ("azureml", "run", "--wait-for-completion")
    run_kedro(project, *words, variables=kedro.variables(), python=mlflow_program())
    job = azure_service.jobs.runs[kedro.job]
    assert (job.status, len(job.children)) == ("Completed", 9)
    for step in (job, *job.children.values()):
        assert step.tags["git_commit"] == commit_of(project)
        assert step.tags["git_dirty"] == "true"
    check_metrics(mlflow.metrics(kedro.job))
    assert mlflow.run(kedro.job)["info"]["status"] == "FINISHED"
    for name, child in job.children.items():
        tags = mlflow.tags(child.id)
        assert tags["mlflow.parentRunId"] == kedro.job
        assert (tags["kedro.step"], tags["kedro.node"]) == (name, name)
        assert mlflow.run(child.id)["info"]["status"] == "FINISHED"
    check_metrics(mlflow.metrics(job.children["evaluate_model_node"].id))
    # No step has made a run of its own.
    found = mlflow.call("runs/search", {"experiment_ids": [mlflow.experiment(job.experiment)]})
    assert len(found["runs"]) == 10
