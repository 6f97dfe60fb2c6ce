"""What others have made of a deployment: edits by hand, and what Azure ML writes in its own way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.kit.azureml.http.messages import Request
from tests.kit.azureml.service import AzureService
from tests.kit.deployments import changing, deployed_project, edit
from tests.kit.forking import ForkServer
from tests.kit.submission import Kedro

pytest_plugins = ("tests.kit.azureml.fixtures", "tests.kit.fixtures")

SCHEDULES = """
  schedules:
    nightly:
      job: deep
      cron: "15 3 * * 1-5"
      time_zone: Europe/Berlin
      inputs: {day: "{trigger_time}", depth: 5}
    often: {job: deep, every: {frequency: minute, interval: 15}, enabled: false}
"""


CRON = {"triggerType": "Cron", "expression": "0 4 * * *", "timeZone": "UTC"}
MONITOR = {
    "computeConfiguration": {
        "computeType": "ServerlessSpark",
        "computeIdentity": {"computeIdentityType": "AmlToken"},
        "instanceType": "standard_e4s_v3",
        "runtimeVersion": "3.4",
    },
    "signals": {},
}


@pytest.fixture
def kedro(azure_service: AzureService, tmp_path: Path, fork_server: ForkServer) -> Kedro:
    azure_service.execution.mode = "held"
    azure_service.operations.at_once = True
    return deployed_project(azure_service, tmp_path / "project", SCHEDULES, fork_server)


def edit_by_hand(kedro: Kedro) -> dict[str, Any]:
    """Do what somebody does in Studio: the properties stay as they are."""
    nightly = kedro.service.schedules.by_name["nightly"]
    nightly["trigger"]["expression"] = "0 4 * * *"
    nightly["action"]["jobDefinition"]["inputs"]["depth"]["value"] = "50"
    return nightly


def test_an_edit_by_hand_is_a_difference(kedro: Kedro) -> None:
    kedro("deploy", "--yes")
    edit_by_hand(kedro)
    done = kedro("deploy", "--check", check=False)
    assert done.returncode == 2
    assert "    trigger: 0 4 * * * -> 15 3 * * 1-5\n    input depth: 50 -> 5\n" in done.stdout
    assert "edited since it was deployed" in done.stdout
    assert "'often' is unchanged" in done.stdout
    kedro("deploy", "--yes")
    nightly = kedro.service.schedules.by_name["nightly"]
    assert nightly["trigger"]["expression"] == "15 3 * * 1-5"
    assert kedro("deploy", "--check").returncode == 0


def test_what_azure_ml_writes_in_its_own_way_is_no_edit(kedro: Kedro) -> None:
    kedro.service.schedules.own_way = True
    kedro("deploy", "--yes")
    assert not kedro.service.schedules.by_name["often"]["isEnabled"]
    since = len(kedro.service.requests)
    assert "Everything is as azureml.yml says." in kedro("deploy", "--yes").stdout
    assert changing(kedro.service, since) == []
    for verb in ("pause", "resume"):
        kedro("schedule", verb, "nightly")
    assert kedro("deploy", "--check").returncode == 0
    edit_by_hand(kedro)
    assert kedro("deploy", "--check", check=False).returncode == 2


def test_a_schedule_that_failed_is_made_again(kedro: Kedro) -> None:
    """What it was made of stands in its properties all the same."""
    service = kedro.service
    service.operations.at_once = False

    def fail(request: Request) -> None:
        service.operations.failing = 1

    service.inject("none", method="PUT", path="/schedules/nightly").on_hit = fail
    assert kedro("deploy", "--yes", check=False).returncode == 1
    assert service.schedules.states["nightly"] == "Failed"
    done = kedro("deploy", "--check", check=False)
    assert done.returncode == 2
    assert "its last deployment ended as Failed" in done.stdout
    kedro("deploy", "--yes")
    assert kedro("deploy", "--check").returncode == 0


def test_schedules_of_other_kinds(kedro: Kedro) -> None:
    """Of data import, monitoring and whatever comes: they are shown as far as they are known."""
    kedro("deploy", "--yes")
    service = kedro.service.schedules
    monitor = {"actionType": "CreateMonitor", "monitorDefinition": MONITOR}
    others = {
        "monitor": (CRON, monitor),
        "unknown": (CRON, {"actionType": "InvokeBatchEndpoint"}),
        "weird": ({**CRON, "expression": "no cron", "timeZone": "Mars"}, monitor),
    }
    for name, (trigger, action) in others.items():
        service.by_name[name] = {"isEnabled": False, "trigger": trigger, "action": action}
    shown = {each["name"]: each for each in kedro.json("schedule", "list")}
    assert set(shown) == {"nightly", "often", "monitor", "weird"}
    assert shown["monitor"]["details"]["trigger"] == "0 4 * * *"
    done = kedro("schedule", "show", "weird")
    assert "create_job" not in done.stderr
    assert "cannot tell when" in done.stdout
    assert "Unsupported schedule type" in kedro.refused("KAZ708", "schedule", "show", "unknown")
    since = len(kedro.service.requests)
    assert "as azureml.yml says" in kedro("deploy", "--yes", "--prune").stdout
    assert changing(kedro.service, since) == []
    # Another's, of a name that is wanted.
    edit(kedro.project / "conf/base/azureml.yml", ("often:", "monitor:"))
    kedro.refused("KAZ731", "deploy", "--yes", "--prune")


def test_an_edit_after_the_plan_is_left_alone(kedro: Kedro) -> None:
    kedro("deploy", "--yes")
    edit(kedro.project / "conf/base/azureml.yml", ("15 3", "15 5"))

    def in_between(request: Request) -> None:
        edit_by_hand(kedro)

    # The first request that sends something: the plan is made.
    kedro.service.inject("none", method="PUT").on_hit = in_between
    assert "has changed or removed 'nightly'" in kedro.refused("KAZ732", "deploy", "--yes")
    nightly = kedro.service.schedules.by_name["nightly"]
    assert nightly["trigger"]["expression"] == "0 4 * * *"


def test_one_that_is_resumed_after_the_plan_is_removed(kedro: Kedro) -> None:
    kedro("deploy", "--yes")
    edit(kedro.project / "conf/base/azureml.yml", ("often:", "new:"), ("depth: 5", "depth: 6"))

    def in_between(request: Request) -> None:
        kedro.service.schedules.by_name["often"]["isEnabled"] = True

    kedro.service.inject("none", method="PUT").on_hit = in_between
    kedro("deploy", "--yes", "--prune")
    assert set(kedro.service.schedules.by_name) == {"nightly", "new"}
