"""A trial that promises little is ended by the service, and the best one goes on."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from tests.kit.azureml.service import AzureService
from tests.kit.projects import make_project
from tests.kit.submission import Kedro, azureml_yml
from tests.service.azure.test_tuning import SETTINGS

pytest_plugins = ("tests.kit.azureml.fixtures", "tests.kit.fixtures")

# The second trial would take longer than all of the test.
REGISTRY = """\
import time

from kedro.pipeline import Pipeline, node


def train(alpha):
    import mlflow

    mlflow.log_metric("score", alpha)
    if alpha < 1:
        time.sleep(300)
    return f"model of {alpha}"


def use(model):
    return f"used {model}"


def register_pipelines():
    return {
        "__default__": Pipeline(
            [
                node(train, "params:alpha", "model", name="train"),
                node(use, "model", "report", name="use"),
            ]
        )
    }
"""
TUNE = {
    "nodes": ["train"],
    "parameters": {"alpha": {"choice": [10.0, 0.5]}},
    "objective": {"metric": "score", "goal": "maximize"},
    "limits": {"max_concurrent_trials": 1},
    "early_termination": {"type": "bandit", "slack_factor": 0.5, "evaluation_interval": 1},
}


@pytest.mark.timeout(600)
def test_a_poor_trial_is_ended_and_the_best_goes_on(
    azure_service: AzureService, tmp_path: Path
) -> None:
    jobs = json.dumps({"tuned": {"tune": TUNE}})
    project = make_project(
        tmp_path / "project",
        registry=REGISTRY,
        catalog="report: {type: text.TextDataset, filepath: data/report.txt}",
        parameters="alpha: 0.1",
        files={"src/minimal/settings.py": SETTINGS},
        azureml=f"{azureml_yml(azure_service)}  jobs: {jobs}\n",
    )
    azure_service.execution.mode = "real"
    azure_service.mlflow.start()
    kedro = Kedro(azure_service, project)
    kedro("run", "-j", "tuned", "--wait-for-completion")
    trials = azure_service.jobs.runs[kedro.job].children["train"].children.values()
    assert Counter(trial.status for trial in trials) == {"Completed": 1, "Canceled": 1}
    kedro("job", "download", kedro.job, "--into-catalog")
    assert (project / "data/report.txt").read_text() == "used model of 10.0"
    lines = kedro("job", "show", kedro.job).stdout.splitlines()
    (ended,) = [line for line in lines if "train_1" in line.split()]
    assert "Canceled" in ended
