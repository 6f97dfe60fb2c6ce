"""Which workspace a command talks to: options, an alias, or what a job or a schedule names."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.kit.azureml.service import AzureService
from tests.kit.deployments import deployed_project, edit
from tests.kit.forking import ForkServer
from tests.kit.submission import Kedro

pytest_plugins = ("tests.kit.azureml.fixtures", "tests.kit.fixtures")

MORE = """  workspaces:
    prod: {resource_group: test-group, workspace_name: test-workspace}
  schedules:
    nightly: {job: deep, cron: "15 3 * * *"}
"""


@pytest.fixture
def kedro(azure_service: AzureService, tmp_path: Path, fork_server: ForkServer) -> Kedro:
    """The workspace below `azure` is none that exists."""
    azure_service.execution.mode = "held"
    made = deployed_project(azure_service, tmp_path / "project", MORE, fork_server)
    edit(
        made.project / "conf/base/azureml.yml",
        ("  workspace_name: test-workspace", "  workspace_name: elsewhere"),
    )
    return made


def test_the_command_line(kedro: Kedro) -> None:
    kedro.refused("KAZ704", "job", "list")
    for words in (("-w", "prod"), ("--workspace-name", "test-workspace")):
        assert "Workspace: test-workspace in test-group" in kedro("job", "list", *words).stderr
    refused = kedro.refused("KAZ704", "job", "list", "-w", "prod", "-g", "another-group")
    assert "another-group" in refused
    assert "Did you mean 'prod'?" in kedro.refused("KAZ245", "job", "list", "-w", "prd")
    kedro.refused("KAZ107", "job", "list", "--workspace-name", "no/name")
    kedro("run", "-w", "prod")
    assert kedro.service.jobs.created == 1
    kedro.refused("KAZ107", "run", "--local", "-w", "prod")


def test_a_job_and_a_schedule_name_one(kedro: Kedro) -> None:
    file = kedro.project / "conf/base/azureml.yml"
    kedro.refused("KAZ704", "run", "-j", "deep")
    edit(file, ("deep: {", "deep: {workspace: prod, "))
    kedro("run", "-j", "deep")
    assert kedro.service.jobs.created == 1
    # The other workspace may hold some that azureml.yml has no more, but this one is not there.
    kedro.refused("KAZ704", "deploy", "--yes")
    edit(file, ("  workspace_name: elsewhere\n", ""))
    assert json.loads(kedro("deploy", "--yes", "--json").stdout)[0]["workspace"] == "test-workspace"
    assert "'nightly' is paused." in kedro("schedule", "pause", "nightly").stdout
    edit(file, ("deep: {workspace: prod", "deep: {workspace: prd"))
    assert "azure.jobs.deep.workspace" in kedro("compile", "-j", "deep").stderr
    kedro.refused("KAZ245", "run", "-j", "deep")
