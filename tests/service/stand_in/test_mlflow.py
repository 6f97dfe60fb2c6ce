"""The test service's MLflow: the unmodified mlflow and azureml-mlflow, in steps and outside."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.kit.azureml.samples import SUBMIT, WAIT, WriteJob, step
from tests.kit.azureml.sdk import Sdk
from tests.kit.azureml.service import AzureService
from tests.kit.mlflow_environment import mlflow_program

pytest_plugins = ("tests.kit.azureml.fixtures",)

_LOG = """\
import os, mlflow
with mlflow.start_run() as run:
    assert run.info.run_id == os.environ["AZUREML_RUN_ID"]
    mlflow.log_metric("score", 0.5)
    mlflow.log_param("depth", 3)
    mlflow.set_tag("node", "train")
    mlflow.log_text("hello", "note.txt")
mlflow.MlflowClient().log_metric(os.environ["AZUREML_ROOT_RUN_ID"], "best", 0.75)
"""
_READ = """\
import mlflow, sys
mlflow.set_tracking_uri(sys.argv[1])
runs = mlflow.search_runs(experiment_names=["exp"], output_format="list")
print(sorted((r.info.status, r.data.tags["mlflow.runName"], r.data.metrics) for r in runs))
"""


@pytest.mark.timeout(600)
def test_runs_of_a_job(
    azure_service: AzureService, sdk: Sdk, write_job: WriteJob, submitter: Path
) -> None:
    service = azure_service
    service.mlflow.start()
    write_job(jobs={
        "train": step(f"cat > log.py <<'END'\n{_LOG}END\npython log.py"),
        "broken": step("exit 3"),
    })  # fmt: skip
    sdk.run(SUBMIT)
    assert sdk.run(WAIT) == "Failed"

    job = service.jobs.runs["the-job"]
    train, broken = job.children["train"], job.children["broken"]
    assert (train.status, broken.status) == ("Completed", "Failed"), train.error
    assert service.mlflow.metrics(train.id) == {"score": 0.5}
    assert service.mlflow.metrics("the-job") == {"best": 0.75}
    tags = service.mlflow.tags(train.id)
    assert (tags["node"], tags["mlflow.parentRunId"]) == ("train", "the-job")
    ends = [service.mlflow.run(n)["info"]["status"] for n in ("the-job", train.id, broken.id)]
    assert ends == ["FAILED", "FINISHED", "FAILED"]
    artifacts = service.mlflow.run(train.id)["info"]["artifact_uri"]
    assert (Path(artifacts) / "note.txt").read_text() == "hello"
    asked = {
        s.path.partition("/api/2.0/mlflow/")[2] for s in service.requests if "/mlflow/" in s.path
    }
    assert {"runs/get", "runs/log-metric"} <= asked

    # From outside, with the submitter's own login.
    read = subprocess.run(
        [mlflow_program(), "-c", _READ, service.workspace.tracking_uri],
        env={**os.environ, **service.environment, "MLFLOW_DISABLE_TELEMETRY": "true"},
        capture_output=True,
        text=True,
        check=False,
    )
    expected = [
        ("FAILED", "broken", {}),
        ("FAILED", "the-job", {"best": 0.75}),
        ("FINISHED", "train", {"score": 0.5}),
    ]
    assert read.stdout.strip().splitlines()[-1:] == [str(expected)], read.stderr


def test_nothing_of_mlflow_without_its_server(
    azure_service: AzureService, sdk: Sdk, write_job: WriteJob
) -> None:
    write_job('test -z "$MLFLOW_TRACKING_TOKEN"')
    sdk.run(SUBMIT)
    assert sdk.run(WAIT) == "Completed"
