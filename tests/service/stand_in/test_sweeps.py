"""Sweep steps that the unmodified SDK submits to the test service, and their real trials."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from tests.kit.azureml.jobs.jobs import Run
from tests.kit.azureml.runner.sampling import samples
from tests.kit.azureml.samples import SUBMIT, WAIT, WriteJob, step
from tests.kit.azureml.sdk import Sdk, SdkError
from tests.kit.azureml.service import AzureService
from tests.kit.azureml.workspace.workspace import ARTIFACT_CONTAINER

pytest_plugins = ("tests.kit.azureml.fixtures",)

# The trial of depth 9 fails, and that of depth 1 logs nothing.
_TRAIN = """\
cat > train.py <<'END'
import sys, mlflow
depth, alpha, out = int(sys.argv[1]), float(sys.argv[2]), sys.argv[3]
open(out + "/model.txt", "w").write(f"{depth} {alpha}")
if depth > 1:
    with mlflow.start_run():
        mlflow.log_metric("train.score", depth * alpha)
sys.exit(depth == 9)
END
python train.py "${{inputs.depth}}" "${{inputs.alpha}}" "${{outputs.model}}"
"""


def job(command: str = _TRAIN, **sweep: Any) -> dict[str, Any]:
    """A sweep step, and a step that reads the best trial's model."""
    trial = step(
        command,
        inputs={"depth": {"type": "integer"}, "alpha": {"type": "number"}},
        outputs={"model": {"type": "uri_folder"}},
    )["component"]
    train = {
        "type": "sweep",
        "compute": "azureml:cpu-cluster",
        "trial": trial,
        "inputs": {"alpha": "${{parent.inputs.alpha}}"},
        "outputs": {"model": {"type": "uri_folder"}},
        "sampling_algorithm": "grid",
        "search_space": {"depth": {"type": "choice", "values": [1, 3, 5, 9]}},
        "objective": {"goal": "maximize", "primary_metric": "train.score"},
        "limits": {"max_total_trials": 10, "max_concurrent_trials": 2, "trial_timeout": 300},
        **sweep,
    }
    read = step('cat "${{inputs.model}}/model.txt"', inputs={"model": {"type": "uri_folder"}})
    read["inputs"] = {"model": "${{parent.jobs.train.outputs.model}}"}
    return {"inputs": {"alpha": 0.5}, "outputs": {}, "jobs": {"train": train, "read": read}}


def most_at_once(runs: list[Run]) -> int:
    moments = [(t, 1) for run in runs if (t := run.started)]
    moments += [(t, -1) for run in runs if (t := run.ended)]
    running, most = 0, 0
    for _, change in sorted(moments):
        running += change
        most = max(most, running)
    return most


@pytest.mark.timeout(900)
def test_best_trial_goes_on(azure_service: AzureService, sdk: Sdk, write_job: WriteJob) -> None:
    service = azure_service
    service.mlflow.start()
    write_job(**job())
    sdk.run(SUBMIT)
    assert sdk.run(WAIT) == "Completed"

    run = service.jobs.runs["the-job"]
    sweep, read = run.children["train"], run.children["read"]
    name = f"{read.artifacts}/user_logs/std_log.txt"
    assert service.storage.read(ARTIFACT_CONTAINER, name) == b"5 0.5"
    trials = list(sweep.children.values())
    assert Counter(trial.status for trial in trials) == {"Completed": 3, "Failed": 1}
    assert most_at_once(trials) == 2
    best = next(t for t in trials if t.id == sweep.properties["best_child_run_id"])
    assert service.mlflow.metrics(best.id) == {"train.score": 2.5}
    assert service.mlflow.tags(best.id)["mlflow.parentRunId"] == sweep.id
    assert service.mlflow.tags(best.id)["mlflow.rootRunId"] == "the-job"
    listed = sdk.run(
        f'result = sorted(j.status for j in ml.jobs.list(parent_job_name="{sweep.id}"))'
    )
    assert listed == ["Completed", "Completed", "Completed", "Failed"]


def test_no_trial_with_the_metric(
    azure_service: AzureService, sdk: Sdk, write_job: WriteJob
) -> None:
    write_job(**job('echo 1 > "${{outputs.model}}/model.txt"'))
    sdk.run(SUBMIT)
    assert sdk.run(WAIT) == "Failed"
    run = azure_service.jobs.runs["the-job"]
    assert "logged the metric 'train.score'" in str(run.children["train"].error)
    assert run.children["read"].status == "NotStarted"


@pytest.mark.parametrize(
    ("sweep", "message"),
    [
        (
            {"search_space": {"depth": {"type": "uniform", "min_value": 0, "max_value": 1}}},
            "Grid sampling allows choice only",
        ),
        (
            {"search_space": {"other": {"type": "choice", "values": [1]}}},
            "which is no input of the trial|depth",
        ),
        ({"search_space": {"depth": {"type": "choice", "values": []}}}, "has no values"),
        ({"limits": {"max_total_trials": 1001}}, "between 1 and 1000"),
        (
            {
                "sampling_algorithm": "bayesian",
                "search_space": {"depth": {"type": "randint", "upper": 3}},
            },
            "does not allow randint",
        ),
    ],
)
def test_sweeps_that_are_refused(
    azure_service: AzureService,
    sdk: Sdk,
    write_job: WriteJob,
    sweep: dict[str, Any],
    message: str,
) -> None:
    write_job(**job(**sweep))
    with pytest.raises(SdkError, match=message):
        sdk.run(SUBMIT)


def test_values_of_trials() -> None:
    grid = {
        "sampling_algorithm": "grid",
        "search_space": {
            "a": {"type": "choice", "values": [1, 2]},
            "b": {"type": "choice", "values": ["x", "y"]},
        },
        "limits": {"max_total_trials": 3},
    }
    assert samples(grid) == [{"a": 1, "b": "x"}, {"a": 1, "b": "y"}, {"a": 2, "b": "x"}]
    drawn = {
        "sampling_algorithm": {"type": "random", "seed": 7},
        "search_space": {
            "a": {"type": "uniform", "min_value": 2, "max_value": 3},
            "b": {"type": "quniform", "min_value": 0, "max_value": 10, "q": 5},
        },
        "limits": {"max_total_trials": 20},
    }
    assert samples(drawn) == samples(drawn)
    assert all(2 <= values["a"] <= 3 and values["b"] in (0, 5, 10) for values in samples(drawn))
