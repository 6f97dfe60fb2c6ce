"""Several jobs: submitted side by side with one upload; compiled and checked all together."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kit.azureml.service import AzureService
from tests.kit.deployments import changing, deployed_project, edit
from tests.kit.forking import ForkServer
from tests.kit.submission import Kedro

pytest_plugins = ("tests.kit.azureml.fixtures", "tests.kit.fixtures")

MORE = "    shallow: {parameters: {depth: 1}}\n"


@pytest.fixture
def kedro(azure_service: AzureService, tmp_path: Path, fork_server: ForkServer) -> Kedro:
    return deployed_project(azure_service, tmp_path / "project", MORE, fork_server)


def test_one_upload_and_each_result(kedro: Kedro) -> None:
    service = kedro.service
    said = kedro("run", "-j", "deep", "-j", "shallow", "--wait-for-completion").stdout
    assert service.jobs.created == 2
    sent = [f"{seen.method} {seen.path}" for seen in changing(service)]
    assert sum("/codes/" in line and line.startswith("PUT") for line in sent) == 1
    # Parameters that are inputs are no part of a step.
    assert sum("/components/" in line for line in sent) == 2
    deep, shallow = list(service.jobs.runs)
    assert {f"deep: completed, {deep}", f"shallow: completed, {shallow}"} == set(
        said.splitlines()[-2:]
    ) or {f"deep: completed, {shallow}", f"shallow: completed, {deep}"} == set(
        said.splitlines()[-2:]
    )
    depths = {
        run.display_name: run.definition["inputs"]["depth"] for run in service.jobs.runs.values()
    }
    assert (depths["deep"]["value"], depths["shallow"]["value"]) == ("4", "1")


def test_one_that_fails_keeps_no_other(kedro: Kedro) -> None:
    service = kedro.service
    service.execution.mode = "held"
    service.inject("forbidden", method="PUT", path="/jobs/shallow", times=None)
    done = kedro("run", "-j", "deep", "-j", "shallow", check=False)
    assert done.returncode == 1
    assert "error KAZ703" in done.stderr
    assert "shallow: not submitted" in done.stdout
    assert f"deep: submitted, {next(iter(service.jobs.runs))}" in done.stdout
    assert service.jobs.created == 1


def test_documents_that_are_current(kedro: Kedro) -> None:
    done = kedro("compile", "--check", "--all", check=False)
    assert done.returncode == 2
    assert "deep.yml is not there." in done.stdout
    kedro("compile", "--all")
    assert "shallow.yml is current." in kedro("compile", "--check", "--all").stdout
    edit(kedro.project / "conf/base/azureml.yml", ("depth: 1", "depth: 2"))
    done = kedro("compile", "--check", "--all", check=False)
    assert done.returncode == 2
    assert "deep.yml is current.\n" in done.stdout
    assert "shallow.yml is not current:\n  -  depth: 1\n  +  depth: 2\n" in done.stdout
    assert "depth: 1" in (kedro.project / "shallow.yml").read_text()
    assert kedro("compile", "--check", "-j", "shallow", check=False).returncode == 2
    assert "both name jobs" in kedro.refused("KAZ107", "compile", "--all", "-j", "deep")
    # The folder is one with a single job too.
    edit(kedro.project / "conf/base/azureml.yml", (MORE.replace("1", "2"), ""))
    kedro("compile", "--all", "-o", "build")
    assert [file.name for file in (kedro.project / "build").iterdir()] == ["deep.yml"]
    # What was compiled is no code, wherever it lies.
    assert "deep.yml" not in kedro("run", "-j", "deep", "--dry-run").stdout


def test_a_schedule_that_is_current(kedro: Kedro) -> None:
    file = kedro.project / "conf/base/azureml.yml"
    file.write_text(file.read_text() + '  schedules: {nightly: {job: deep, cron: "1 2 * * *"}}\n')
    kedro("compile", "--schedule", "nightly")
    assert "nightly.schedule.yml is current." in (
        kedro("compile", "--schedule", "nightly", "--check").stdout
    )
    edit(file, ("1 2 *", "1 3 *"))
    done = kedro("compile", "--schedule", "nightly", "--check", check=False)
    assert (done.returncode, "deep.yml is current." in done.stdout) == (2, True)
    assert "nightly.schedule.yml is not current:" in done.stdout
