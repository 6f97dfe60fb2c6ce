"""Batch endpoints over time and at their limits: failures, a way back, and many long inputs."""

from __future__ import annotations

import json
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.kit.azureml.http.messages import Request
from tests.kit.azureml.service import AzureService
from tests.kit.deployments import changing, commit, deployed_project, edit, git
from tests.kit.forking import ForkServer
from tests.kit.shell import environment
from tests.kit.submission import Kedro

pytest_plugins = ("tests.kit.azureml.fixtures", "tests.kit.fixtures")

ENDPOINTS = """
  endpoints:
    shop-scores: {job: deep}
"""


@pytest.fixture
def kedro(azure_service: AzureService, tmp_path: Path, fork_server: ForkServer) -> Kedro:
    azure_service.execution.mode = "held"
    return deployed_project(azure_service, tmp_path / "project", ENDPOINTS, fork_server)


def default_of(kedro: Kedro) -> str:
    defaults = kedro.service.endpoints.by_name["shop-scores"].get("defaults") or {}
    return str(defaults.get("deploymentName"))


def test_a_deployment_that_failed_is_made_again(kedro: Kedro) -> None:
    """What it was made of stands in its tags all the same."""
    service = kedro.service

    def fail(request: Request) -> None:
        service.operations.failing = 1

    service.inject("none", method="PUT", path="/deployments/").on_hit = fail
    assert kedro("deploy", "--yes", check=False).returncode == 1
    (made,) = service.endpoints.deployments
    assert service.endpoints.states[made] == "Failed"
    said = kedro("deploy", "--check", check=False)
    assert said.returncode == 2
    assert "its last deployment ended as Failed" in said.stdout
    kedro("deploy", "--yes")
    assert service.endpoints.states[made] == "Succeeded"
    assert default_of(kedro) == made[1]
    since = len(service.requests)
    kedro("deploy", "--yes")
    assert changing(service, since) == []


def test_two_at_once(kedro: Kedro) -> None:
    kedro.service.operations.at_once = True
    for depth in (5, 6):
        file = kedro.project / "conf/base/azureml.yml"
        edit(file, (f"depth: {depth - 1}", f"depth: {depth}"))
        with ThreadPoolExecutor(2) as pool:
            done = [pool.submit(kedro, "deploy", "--yes", "--prune", check=False) for _ in range(2)]
        for each in done:
            said = each.result()
            assert said.returncode == 0 or "KAZ732" in said.stderr, said.stdout + said.stderr
            assert "Traceback" not in said.stderr
        kedro("deploy", "--yes", "--prune")
        ((_, deployment),) = kedro.service.endpoints.deployments
        assert default_of(kedro) == deployment
        since = len(kedro.service.requests)
        kedro("deploy", "--yes", "--prune")
        assert changing(kedro.service, since) == []


def test_back_to_what_was_before(kedro: Kedro) -> None:
    """With the same content another commit is another component, and no conflict."""
    kedro.service.operations.at_once = True
    kedro("deploy", "--yes")
    first = default_of(kedro)
    before = git(kedro.project, "rev-parse", "HEAD")
    file = kedro.project / "conf/base/azureml.yml"
    edit(file, ("depth: 4", "depth: 5"))
    commit(kedro.project, "deeper")
    kedro("deploy", "--yes")
    assert default_of(kedro) != first
    git(kedro.project, "revert", "--no-edit", "HEAD")
    kedro("deploy", "--yes", "--prune")
    assert default_of(kedro) == first
    shown = kedro.json("endpoint", "show", "shop-scores")
    assert shown["commit"] == before
    edit(file, ("depth: 4", "depth: 5"))
    kedro("deploy", "--yes", "--prune")
    edit(file, ("depth: 5", "depth: 4"))
    # The deployment of that content is no more; its component is.
    (kedro.project / "data/notes.md").write_text("# Of no step")
    head = commit(kedro.project, "words")
    kedro("deploy", "--yes", "--prune")
    assert default_of(kedro) == first
    assert kedro.json("endpoint", "show", "shop-scores")["commit"] == head


def test_many_inputs_of_long_names(kedro: Kedro) -> None:
    """More text than a tag or a property holds, and tags that Azure does not take."""
    service = kedro.service
    service.operations.at_once = True
    service.execution.mode = "real"
    names = [f"of_the_shop_which_has_a_long_name_{number}" for number in range(30)]
    parameters = "".join(f"  {name}: {number}\n" for number, name in enumerate(names))
    (kedro.project / "conf/base/parameters.yml").write_text(
        f"day: d\ndepth: 3\nmany:\n{parameters}"
    )
    wanted = ", ".join(f"many.{name}" for name in names)
    edit(
        kedro.project / "conf/base/azureml.yml",
        ("job_inputs: [day, depth]", f"job_inputs: [{wanted}]"),
        ("deep: {", "deep: {tags: {azure/team: shop}, "),
    )
    edit(
        kedro.project / "src/minimal/pipeline_registry.py",
        ('"params:day", "params:depth"', '"params:many", "params:depth"'),
    )
    kedro("deploy", "--yes")
    last = f"many.{names[-1]}"
    calls = ("endpoint", "invoke", "shop-scores", "--wait-for-completion")
    kedro(*calls, "--set", f"{last}=77")
    kedro("job", "download", kedro.job, "report", "--into-catalog")
    many, _, rows = json.loads((kedro.project / "data/report.json").read_text())
    assert (many[names[-1]], many[names[0]], rows) == (77, 0, 2)
    assert "not a whole number" in kedro.refused("KAZ107", *calls, "--set", f"{last}=x")
    kedro("run", "-j", "deep", "--set", f"{last}=76", "--wait-for-completion")
    kedro("job", "rerun", kedro.job, "--set", f"{last}=78", "--wait-for-completion")
    kedro("job", "download", kedro.job, "report", "--into-catalog", "--force")
    assert json.loads((kedro.project / "data/report.json").read_text())[0][names[-1]] == 78


def test_an_invocation_that_is_interrupted(kedro: Kedro) -> None:
    """Nobody knows whether there is a job, and that is what it says."""
    service = kedro.service
    service.operations.at_once = True
    kedro("deploy", "--yes")
    process: list[int] = []
    fault = service.inject("slow", method="POST", path="/jobs$")
    fault.on_hit = lambda request: os.kill(process[0], signal.SIGINT)
    assert kedro.server is not None
    done = kedro.server.run(
        kedro.project,
        ["azureml", "endpoint", "invoke", "shop-scores"],
        environment(**kedro.variables()),
        on_start=process.append,
    )
    assert done.returncode == 130, done.stderr
    assert "error KAZ715" in done.stderr
    assert "may or may not exist" in " ".join(done.stderr.split())
