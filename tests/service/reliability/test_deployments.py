"""`kedro azureml deploy` ended at each of its requests, in every way that a process can end."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.kit.azureml.http.faults import Kind
from tests.kit.azureml.http.messages import Request
from tests.kit.azureml.service import AzureService
from tests.kit.deployments import changing, deployed_project
from tests.kit.forking import ForkServer
from tests.kit.shell import environment
from tests.kit.submission import Kedro

pytestmark = pytest.mark.timeout(3600)
pytest_plugins = ("tests.kit.azureml.fixtures", "tests.kit.fixtures")

AZUREML = """
  schedules:
    nightly: {job: deep, cron: "0 3 * * *", inputs: {day: "{trigger_time}"}}
    often-0: {job: deep, every: {frequency: minute, interval: 15}, enabled: false}
  endpoints:
    shop-scores: {job: deep}
"""
MANY = 300
# By default one request in so many; `make test-reliability` takes each.
STEP = 1 if os.environ.get("EVERY_FAULT") else 21
# Other requests leave the same behind, whether they are answered or not.
CHANGING = "PUT|POST|PATCH|DELETE"
DEPLOY = ("deploy", "--yes", "--prune")


@dataclass
class Interrupted:
    """A deployment that was ended at one of its requests.

    Attributes:
        done: How it ended.
        request: The request; None if it has fewer.
    """

    done: subprocess.CompletedProcess[str]
    request: Request | None

    @property
    def said(self) -> str:
        return f"{self.request}\n{self.done.stdout}{self.done.stderr}"


@pytest.fixture
def kedro(azure_service: AzureService, tmp_path: Path, fork_server: ForkServer) -> Kedro:
    azure_service.execution.mode = "held"
    azure_service.operations.at_once = True
    made = deployed_project(azure_service, tmp_path / "project", AZUREML, fork_server)
    made(*DEPLOY)
    return made


def interrupt(kedro: Kedro, number: int, sent: signal.Signals, *, after: bool) -> Interrupted:
    """Deploy, and send a signal with a request: before the service has it, or after."""
    process: list[int] = []
    hit: list[Request] = []

    def end(request: Request) -> None:
        hit.append(request)
        os.kill(process[0], sent)

    kind: Kind = "none" if sent != signal.SIGKILL else "lose" if after else "drop"
    fault = kedro.service.inject(kind, number=number, method=CHANGING if after else None)
    fault.on_hit = end
    assert kedro.server is not None
    variables = environment(**kedro.variables())
    arguments = ["azureml", *DEPLOY]
    done = kedro.server.run(kedro.project, arguments, variables, on_start=process.append)
    kedro.service.faults.clear()
    return Interrupted(done, hit[0] if hit else None)


def change(kedro: Kedro, number: int) -> None:
    """Change all that is deployed: values, times, code and data; one is new, and one is gone."""
    conf = kedro.project / "conf/base/azureml.yml"
    text = re.sub(r"often-\d+", f"often-{number}", conf.read_text())
    text = re.sub(r"depth: \d+", f"depth: {number}", text)
    conf.write_text(re.sub(r'cron: "\d+', f'cron: "{number % 60}', text))
    registry = kedro.project / "src/minimal/pipeline_registry.py"
    code = re.sub(r"len\(companies\).*\]", f"len(companies) + {number}]", registry.read_text())
    registry.write_text(code)
    rows = "".join(f"{row}\n" for row in range(number))
    (kedro.project / "data/01_raw/companies.csv").write_text(f"id\n{rows}")


def check(kedro: Kedro, number: int) -> None:
    """See that all is as `change` has it, and that the next deployment sends nothing."""
    service = kedro.service
    schedules, endpoints = service.schedules.by_name, service.endpoints
    assert set(schedules) == {"nightly", f"often-{number}"}
    nightly: dict[str, Any] = schedules["nightly"]
    assert nightly["trigger"]["expression"] == f"{number % 60} 3 * * *"
    for schedule in schedules.values():
        assert schedule["action"]["jobDefinition"]["inputs"]["depth"]["value"] == str(number)
    assert [schedules[name]["isEnabled"] for name in sorted(schedules)] == [True, False]
    ((_, deployment),) = endpoints.deployments
    assert endpoints.by_name["shop-scores"]["defaults"]["deploymentName"] == deployment
    since = len(service.requests)
    done = kedro(*DEPLOY)
    assert "Everything is as azureml.yml says." in done.stdout
    assert changing(service, since) == []


def check_runs(kedro: Kedro, number: int) -> None:
    """Run what was deployed: the code and the data are there, and are whole."""
    service = kedro.service
    service.execution.mode = "real"
    kedro("endpoint", "invoke", "shop-scores", "--wait-for-completion")
    kedro("schedule", "trigger", "nightly", "--wait-for-completion")
    service.execution.mode = "held"
    kedro("job", "download", kedro.job, "report", "--into-catalog", "--force")
    day, *seen = json.loads((kedro.project / "data/report.json").read_text())
    assert seen == [number, 2 * number]
    assert day != "2026-01-01"


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_killed_at_any_request(kedro: Kedro, after: bool) -> None:
    """Nothing tidies up behind it; the next one does all that is left, once."""
    for number in range(1, MANY, STEP):
        change(kedro, number)
        ended = interrupt(kedro, number, signal.SIGKILL, after=after)
        if ended.request is None:
            assert ended.done.returncode == 0, ended.said
            break
        assert ended.done.returncode == -signal.SIGKILL, ended.said
        kedro(*DEPLOY)
        check(kedro, number)
        if "blob" in ended.request.host:
            check_runs(kedro, number)
    assert number > 10


def test_interrupted_at_any_request(kedro: Kedro) -> None:
    """What is left is said, and it ends at once; CI sends another signal than a person does."""
    for number in range(1, MANY, STEP):
        change(kedro, number)
        since = len(kedro.service.requests)
        sent = signal.SIGTERM if number // STEP % 2 else signal.SIGINT
        ended = interrupt(kedro, number, sent, after=False)
        if ended.request is None:
            assert ended.done.returncode == 0, ended.said
            break
        assert ended.done.returncode == 130, ended.said
        assert "Traceback" not in ended.said
        if changing(kedro.service, since):
            assert "Nothing was deployed" in ended.said or "Not done, or nobody" in ended.said
        else:
            assert "Interrupted." in ended.said
    kedro(*DEPLOY)
    check(kedro, number)
