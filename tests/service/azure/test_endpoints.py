"""Batch endpoints: deployed, called with other values and data, changed, and removed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.house.repository import ROOT
from tests.kit.azureml.sdk import Sdk
from tests.kit.azureml.service import AzureService
from tests.kit.deployments import changing, commit, deployed_project, edit, git
from tests.kit.forking import ForkServer
from tests.kit.schemas import check_schema
from tests.kit.shell import run_kedro
from tests.kit.submission import Kedro

pytest_plugins = ("tests.kit.azureml.fixtures", "tests.kit.fixtures")

ENDPOINTS = """
  endpoints:
    shop-scores: {job: deep, description: Scores of a shop.}
"""


@pytest.fixture
def kedro(azure_service: AzureService, tmp_path: Path, fork_server: ForkServer) -> Kedro:
    return deployed_project(azure_service, tmp_path / "project", ENDPOINTS, fork_server)


def result_of(kedro: Kedro, *words: str) -> object:
    """What the job of an invocation writes."""
    said = kedro("endpoint", "invoke", "shop-scores", "--wait-for-completion", *words).stdout
    job = list(kedro.service.jobs.runs)[-1]
    assert f"Started {job}" in said
    kedro("job", "download", job, "report", "--into-catalog", "--force")
    return json.loads((kedro.project / "data/report.json").read_text())


def test_deployed_and_called(kedro: Kedro, tmp_path: Path) -> None:
    kedro("deploy", "--yes")
    since = len(kedro.service.requests)
    kedro("deploy", "--yes")
    assert changing(kedro.service, since) == []
    assert result_of(kedro) == ["2026-01-01", 4, 2]
    other = tmp_path / "other.csv"
    other.write_text("id\n1\n2\n3\n4\n5\n")
    changed = ("--set", "depth=9", "--set", "day=2027-01-31", "--input", f"companies={other}")
    assert result_of(kedro, *changed) == ["2027-01-31", 9, 5]
    # Its jobs are among those of the project, and can be run again.
    invoked = kedro.job
    assert invoked in [job["name"] for job in kedro.json("job", "list")]
    kedro("job", "rerun", invoked, "--set", "day=2027-02-03", "--wait-for-completion")
    kedro("job", "download", kedro.job, "report", "--into-catalog", "--force")
    assert json.loads((kedro.project / "data/report.json").read_text()) == ["2027-02-03", 9, 5]
    calls = ("endpoint", "invoke", "shop-scores")
    assert "has no input 'dept'" in kedro.refused("KAZ107", *calls, "--set", "dept=1")
    assert "not a whole number" in kedro.refused("KAZ107", *calls, "--set", "depth=x")
    assert "has no data 'firms'" in kedro.refused("KAZ107", *calls, "--input", "firms=x.csv")
    assert "does not exist" in kedro.refused("KAZ107", *calls, "--input", "companies=x.csv")
    assert "is a folder, and" in kedro.refused("KAZ107", *calls, "--input", "companies=data")
    kedro.refused("KAZ735", "endpoint", "invoke", "shop-score")


def test_it_gives_what_kedro_run_gives(kedro: Kedro, tmp_path: Path) -> None:
    """With the same new parameter and the same new raw file."""
    kedro("deploy", "--yes")
    other = tmp_path / "other.csv"
    other.write_text("id\n7\n8\n9\n")
    changed = ("--set", "depth=12", "--set", "day=2027-02-03", "--input", f"companies={other}")
    invoked = result_of(kedro, *changed)
    (kedro.project / "data/report.json").unlink()
    (kedro.project / "data/01_raw/companies.csv").write_bytes(other.read_bytes())
    run_kedro(kedro.project, "run", "--params=depth=12,day=2027-02-03")
    assert invoked == json.loads((kedro.project / "data/report.json").read_text())
    assert invoked == ["2027-02-03", 12, 3]


def test_the_call_of_another_system(kedro: Kedro, sdk: Sdk) -> None:
    """What the page shows, without anything of this package."""
    kedro("deploy", "--yes")
    shown = json.loads(kedro("endpoint", "show", "shop-scores", "--json").stdout)
    page = (ROOT / "docs/how-to/call-from-elsewhere.md").read_text(encoding="utf-8")
    body = json.loads(page.partition("```json\n")[2].partition("```")[0])
    data = body["properties"]["inputData"]
    address = next(each["default"] for each in shown["inputs"] if each["name"] == "companies")
    data["companies"]["uri"] = address
    answer = sdk.run(
        f"""
        import requests
        token = ml._credential.get_token("https://ml.azure.com/.default").token
        headers = {{"Authorization": f"Bearer {{token}}"}}
        answer = requests.post({shown["scoring_uri"]!r}, json={body!r}, headers=headers)
        result = [answer.status_code, answer.json()["name"]]
        """
    )
    assert answer[0] == 201
    kedro("job", "watch", answer[1])
    kedro("job", "download", answer[1], "report", "--into-catalog")
    assert json.loads((kedro.project / "data/report.json").read_text()) == ["2026-01-01", 7, 2]


def test_what_is_shown(kedro: Kedro) -> None:
    kedro("deploy", "--yes")
    shown = json.loads(kedro("endpoint", "show", "shop-scores", "--json").stdout)
    check_schema("endpoint", shown)
    assert shown["scoring_uri"].startswith("https://shop-scores.")
    assert shown["commit"] == git(kedro.project, "rev-parse", "HEAD")
    inputs = {each["name"]: each for each in shown["inputs"]}
    assert (inputs["depth"]["type"], inputs["depth"]["default"]) == ("integer", "4")
    assert inputs["companies"]["default"].startswith("azureml://")
    assert "input companies  uri_file azureml://" in kedro("endpoint", "show", "shop-scores").stdout
    listed = json.loads(kedro("endpoint", "list", "--json").stdout)
    check_schema("endpoints", listed)
    assert listed[0]["project"] == "minimal"
    assert "shop-scores" in kedro("endpoint", "list").stdout
    assert "Deleted 'shop-scores'." in kedro("endpoint", "delete", "shop-scores", "-y").stdout
    assert "There are no batch endpoints." in kedro("endpoint", "list").stdout
    assert kedro.service.endpoints.by_name == {}


def test_changed_and_pruned(kedro: Kedro) -> None:
    endpoints = kedro.service.endpoints
    kedro("deploy", "--yes")
    (first,) = endpoints.deployments
    edit(kedro.project / "src/minimal/pipeline_registry.py", ("len(companies)", "0"))
    edit(kedro.project / "conf/base/azureml.yml", ("depth: 4", "depth: 5"))
    commit(kedro.project, "another")
    done = kedro("deploy", "--check", check=False)
    assert done.returncode == 2
    assert "    input depth: 4 -> 5\n" in done.stdout
    assert "    code of the node 'look'\n" in done.stdout
    kedro("deploy", "--yes")
    assert endpoints.by_name["shop-scores"]["defaults"]["deploymentName"] != first[1]
    # The older one stays for who names it, until it is pruned.
    assert len(endpoints.deployments) == 2
    said = kedro("deploy", "--yes").stdout
    assert f"? deployment 'shop-scores/{first[1]}' is an older one; --prune removes it" in said
    kedro("deploy", "--yes", "--prune")
    assert first not in endpoints.deployments
    edit(kedro.project / "conf/base/azureml.yml", (ENDPOINTS, ""))
    assert "- endpoint 'shop-scores' is removed" in kedro("deploy", "--yes", "--prune").stdout
    assert endpoints.by_name == {}


def test_one_that_others_have_deployed_to_stays(kedro: Kedro) -> None:
    """It is ours, but with it their deployment would go, which somebody may call."""
    endpoints = kedro.service.endpoints
    kedro("deploy", "--yes")
    ((endpoint, own),) = endpoints.deployments
    endpoints.deploy_by_hand(endpoint, own, "blue")
    edit(kedro.project / "conf/base/azureml.yml", (ENDPOINTS, ""))
    since = len(kedro.service.requests)
    said = kedro("deploy", "--yes", "--prune").stdout
    assert "it stays, because others have deployed 'blue'" in said
    assert changing(kedro.service, since) == []
    assert (endpoint, "blue") in endpoints.deployments


def test_one_that_is_not_the_default(kedro: Kedro) -> None:
    endpoints = kedro.service.endpoints
    kedro("deploy", "--yes")
    (first,) = endpoints.deployments
    file = kedro.project / "conf/base/azureml.yml"
    edit(file, ("job: deep,", "job: deep, default: false,"), ("depth: 4", "depth: 5"))
    kedro("deploy", "--yes", "--prune")
    assert len(endpoints.deployments) == 2
    assert endpoints.by_name["shop-scores"]["defaults"]["deploymentName"] == first[1]
    edit(file, ("default: false", "default: true"))
    said = kedro("deploy", "--yes").stdout
    assert "default: - -> yes" in said
    assert endpoints.by_name["shop-scores"]["defaults"]["deploymentName"] != first[1]


def test_another_description_is_no_other_deployment(kedro: Kedro) -> None:
    kedro("deploy", "--yes")
    edit(kedro.project / "conf/base/azureml.yml", ("Scores of a shop", "Scores"))
    since = len(kedro.service.requests)
    assert "    description: Scores of a shop. -> Scores.\n" in kedro("deploy", "--yes").stdout
    sent = [seen.path.rpartition("/workspaces/")[2] for seen in changing(kedro.service, since)]
    assert [path for path in sent if "batchEndpoints" in path] == [
        "test-workspace/batchEndpoints/shop-scores"
    ]
    assert len(kedro.service.endpoints.deployments) == 1
    assert kedro("deploy", "--check").returncode == 0


@pytest.mark.parametrize("number", range(1, 5))
def test_interrupted_at_any_request(kedro: Kedro, number: int) -> None:
    """The endpoint, its component, its deployment, and that as the default."""
    service = kedro.service
    service.operations.at_once = True
    paths = "/batchEndpoints/|/components/shop_scores/"
    service.inject("forbidden", method="PUT", path=paths, number=number, times=None)
    said = kedro("deploy", "--yes", check=False)
    assert said.returncode == 1, said.stdout + said.stderr
    service.faults.clear()
    kedro("deploy", "--yes")
    (deployment,) = service.endpoints.deployments
    assert service.endpoints.by_name["shop-scores"]["defaults"]["deploymentName"] == deployment[1]
    since = len(service.requests)
    kedro("deploy", "--yes")
    assert changing(service, since) == []


def test_a_name_that_is_taken(kedro: Kedro) -> None:
    kedro.service.endpoints.taken.add("shop-scores")
    assert "'shop-scores' is taken" in kedro.refused("KAZ736", "deploy", "--yes")
    edit(kedro.project / "conf/base/azureml.yml", ("shop-scores", "shop_scores"))
    assert "no name of an endpoint" in kedro.refused("KAZ104", "deploy", "--yes")


def test_an_endpoint_that_is_not_ours(kedro: Kedro) -> None:
    kedro("deploy", "--yes")
    kedro.service.endpoints._tags["shop-scores"] = {}
    edit(kedro.project / "conf/base/azureml.yml", ("depth: 4", "depth: 5"))
    since = len(kedro.service.requests)
    assert "not deployed by this tool" in kedro.refused("KAZ731", "deploy", "--yes")
    assert changing(kedro.service, since) == []
