"""`deploy` from Python, and workspaces by their aliases."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.kit.azureml.service import AzureService
from tests.kit.deployments import changing, deployed_project, edit
from tests.kit.forking import ForkServer
from tests.kit.shell import environment
from tests.kit.submission import Kedro

pytest_plugins = ("tests.kit.azureml.fixtures", "tests.kit.fixtures")

MORE = """
  workspaces:
    prod: {resource_group: test-group, workspace_name: test-workspace}
  schedules:
    nightly: {job: deep, cron: "15 3 * * *"}
    often: {job: deep, workspace: prod, every: {frequency: hour}, enabled: false}
"""


@pytest.fixture
def kedro(azure_service: AzureService, tmp_path: Path, fork_server: ForkServer) -> Kedro:
    azure_service.execution.mode = "instant"
    azure_service.operations.at_once = True
    return deployed_project(azure_service, tmp_path / "project", MORE, fork_server)


def python(kedro: Kedro, code: str) -> Any:
    """Run lines of Python in the project, which leave something in `result`; what that is."""
    lines = f"import json, kedro_azureml\n{code}\nprint(json.dumps(result))"
    done = subprocess.run(
        [sys.executable, "-c", lines],
        cwd=kedro.project,
        env=environment(**kedro.variables()),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    # Kedro prints where its logging configuration comes from.
    return json.loads(done.stdout.splitlines()[-1])


DEPLOY = """
said = []
deployed = kedro_azureml.deploy(progress=said.append, {options})
result = [[each.model_dump(mode="json") for each in deployed], said]
"""


def test_deployed_and_once_more(kedro: Kedro) -> None:
    service = kedro.service
    (planned,), _ = python(kedro, DEPLOY.format(options="check=True"))
    assert (planned["in_step"], planned["applied"]) == (False, False)
    assert [stage["action"] for stage in planned["stages"]] == ["add", "add"]
    assert changing(service) == []
    (done,), said = python(kedro, DEPLOY.format(options=""))
    assert (done["in_step"], done["applied"]) == (False, True)
    assert "Created the schedule 'nightly'." in said
    assert set(service.schedules.by_name) == {"nightly", "often"}
    since = len(service.requests)
    (again,), _ = python(kedro, DEPLOY.format(options=""))
    assert (again["in_step"], again["applied"]) == (True, False)
    assert changing(service, since) == []
    # The command sees it in the same way.
    assert kedro("deploy", "--check").returncode == 0
    edit(kedro.project / "conf/base/azureml.yml", ("often:", "rare:"))
    (pruned,), _ = python(kedro, DEPLOY.format(options="prune=True"))
    assert [stage["action"] for stage in pruned["stages"]] == ["none", "add", "remove"]
    assert set(service.schedules.by_name) == {"nightly", "rare"}


def test_a_workspace_by_its_alias(kedro: Kedro) -> None:
    """By `workspace`, and by what the job of azureml.yml names."""
    kedro.service.execution.mode = "real"
    file = kedro.project / "conf/base/azureml.yml"
    edit(file, ("  workspace_name: test-workspace\n  exp", "  workspace_name: elsewhere\n  exp"))
    code = """
job = kedro_azureml.compile_project({job})
submitted = kedro_azureml.submit(job, {options})
name = submitted.name
result = [kedro_azureml.watch(name, workspace="prod").status]
result += [len(kedro_azureml.download(name, output="results", force=True, workspace="prod").files)]
"""
    caught = """
try:
    kedro_azureml.submit(kedro_azureml.compile_project(job="deep"))
except kedro_azureml.DiagnosticError as error:
    result = [finding.code for finding in error.diagnostics]
"""
    assert python(kedro, caught) == ["KAZ704"]
    assert python(kedro, code.format(job="", options="workspace='prod'"))[0] == "Completed"
    edit(file, ("deep: {", "deep: {workspace: prod, "))
    assert python(kedro, code.format(job="job='deep'", options=""))[0] == "Completed"
    unknown = caught.replace("submit(", "submit(workspace='prd', job=")
    assert python(kedro, unknown) == ["KAZ245"]
