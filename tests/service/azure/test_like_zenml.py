"""What ZenML's page of Azure ML promises of scheduled pipelines, with the words of this package.

A cron text and an interval, a cluster that is fetched or created, warnings where it is another
than the settings say, and a service principal that does it all.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.kit.azureml.service import AzureService
from tests.kit.deployments import deployed_project, edit
from tests.kit.forking import ForkServer
from tests.kit.submission import Kedro

pytest_plugins = ("tests.kit.azureml.fixtures", "tests.kit.fixtures")

SCHEDULES = """
  schedules:
    by-cron: {job: deep, cron: "*/20 * * * *"}
    by-interval: {job: deep, every: {frequency: minute, interval: 30}, start: "2020-01-01T00:00:00"}
"""
CLUSTER = """cluster_name: made-cluster
      create: {size: STANDARD_DS3_V2, max_instances: 4}"""


@pytest.fixture
def kedro(azure_service: AzureService, tmp_path: Path, fork_server: ForkServer) -> Kedro:
    azure_service.execution.mode = "held"
    made = deployed_project(azure_service, tmp_path / "project", SCHEDULES, fork_server)
    edit(
        made.project / "conf/base/azureml.yml",
        ("__default__:\n      cluster_name: cpu-cluster", f"__default__:\n      {CLUSTER}"),
    )
    return made


def test_a_cluster_is_created_once_and_starts_both_schedules(kedro: Kedro) -> None:
    service = kedro.service
    # Nobody asked for it: it costs money.
    assert "made-cluster" in kedro.refused("KAZ705", "deploy", "--yes")
    assert service.schedules.by_name == {}
    kedro("deploy", "--yes", "--create-compute")
    assert service.workspace.computes["made-cluster"]["properties"]["vmSize"] == "STANDARD_DS3_V2"
    started = service.schedules.advance(timedelta(minutes=60))
    assert sorted(run.schedule or "" for run in started) == ["by-cron"] * 3 + ["by-interval"] * 2
    nodes = started[0].definition["jobs"].values()
    default = started[0].definition["settings"]["default_compute"]
    assert {str(node.get("computeId") or default).rpartition("/")[2] for node in nodes} == {
        "made-cluster"
    }

    # Fetched, and used as it is although the file says another.
    edit(
        kedro.project / "conf/base/azureml.yml",
        ("size: STANDARD_DS3_V2, max_instances: 4", "size: STANDARD_DS3_V2, max_instances: 9"),
    )
    done = kedro("deploy", "--check", check=False)
    assert done.returncode == 0, done.stdout
    assert "warning KAZ721" in done.stderr
    assert "max_instances" in done.stderr


def test_a_service_principal_does_it_all(kedro: Kedro) -> None:
    """As CI does: with its id and its secret, and without a person who could be asked."""
    service = kedro.service
    robot = service.login.add_principal("robot")
    own = {"AZURE_CLIENT_ID": robot.client, "AZURE_CLIENT_SECRET": robot.secret}
    words = ("deploy", "--yes", "--create-compute")
    wrong = {**own, "AZURE_CLIENT_SECRET": "wrong"}
    assert "AADSTS" in kedro.refused("KAZ702", *words, variables=wrong)
    assert service.schedules.by_name == {}
    kedro(*words, variables=own)
    started = service.schedules.advance(timedelta(minutes=60))
    assert {run.submitter for run in started} == {robot.object}
    kedro("schedule", "pause", "by-cron", variables=own)
    assert kedro("deploy", "--check", check=False, variables=own).returncode == 2
