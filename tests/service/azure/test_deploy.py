"""`kedro azureml deploy`: schedules become what azureml.yml says, and nothing else is touched."""

from __future__ import annotations

import copy
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.kit.azureml.service import AzureService
from tests.kit.deployments import changing, commit, deployed_project, edit
from tests.kit.forking import ForkServer
from tests.kit.schemas import check_schema
from tests.kit.submission import Kedro
from tests.kit.terminal import run_kedro_on_terminal

pytest_plugins = ("tests.kit.azureml.fixtures", "tests.kit.fixtures")

SCHEDULES = """
  schedules:
    nightly:
      job: deep
      cron: "15 3 * * 1-5"
      time_zone: Europe/Berlin
      inputs: {day: "{trigger_time}", depth: 5}
      display_name: A night
    often:
      job: deep
      every: {frequency: minute, interval: 15}
      enabled: false
"""


@pytest.fixture
def kedro(azure_service: AzureService, tmp_path: Path, fork_server: ForkServer) -> Kedro:
    azure_service.execution.mode = "held"
    return deployed_project(azure_service, tmp_path / "a project é", SCHEDULES, fork_server)


def deploy(kedro: Kedro, *words: str) -> tuple[int, str, list[str]]:
    """The exit code, what is printed, and the requests that change something."""
    since = len(kedro.service.requests)
    done = kedro("deploy", *words, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    sent = [f"{seen.method} {seen.path}" for seen in changing(kedro.service, since)]
    return done.returncode, done.stdout + done.stderr, sent


def test_plan_apply_and_once_more(kedro: Kedro) -> None:
    service = kedro.service
    code, said, sent = deploy(kedro, "--check")
    assert (code, sent) == (2, [])
    assert "+ schedule 'nightly' is new: trigger 15 3 * * 1-5" in said
    # Nobody is there to be asked.
    code, said, sent = deploy(kedro)
    assert (code, sent) == (1, [])
    assert "Give --yes" in said
    code, said, sent = deploy(kedro, "--yes")
    assert code == 0
    assert "Created the schedule 'often'." in said
    # Two schedules of one job: its code and its two steps are registered once.
    assert sum("/codes/" in line and "PUT" in line for line in sent) == 1
    assert sum("/components/" in line for line in sent) == 2
    assert sum("/schedules/" in line for line in sent) == 2
    nightly, often = (service.schedules.by_name[name] for name in ("nightly", "often"))
    assert nightly["tags"] == {"kedro_schedule": "nightly", "kedro_project": "minimal"}
    assert nightly["trigger"]["timeZone"] == "W. Europe Standard Time"
    inputs = nightly["action"]["jobDefinition"]["inputs"]
    assert inputs["day"]["value"] == "${{creation_context.trigger_time}}"
    assert inputs["depth"]["value"] == "5"
    assert inputs["companies"]["uri"].startswith("azureml://")
    assert (nightly["isEnabled"], often["isEnabled"]) == (True, False)
    # One that is not enabled has started nothing, though it has no time to begin at.
    assert service.jobs.created == 0

    code, said, sent = deploy(kedro, "--yes")
    assert (code, sent) == (0, [])
    assert "Everything is as azureml.yml says." in said
    # A commit that changes nothing of the job changes no schedule.
    (kedro.project / "data/notes.md").write_text("# Of no step")
    # Nor does the azureml.yml of another conf environment.
    file = kedro.project / "conf/base/azureml.yml"
    (kedro.project / "conf/prod").mkdir()
    (kedro.project / "conf/prod/azureml.yml").write_text(file.read_text())
    commit(kedro.project, "words")
    assert deploy(kedro, "--check")[0] == 0


def test_differences_are_told(kedro: Kedro) -> None:
    deploy(kedro, "--yes")
    edit(
        kedro.project / "conf/base/azureml.yml",
        ("15 3", "15 4"),
        ("depth: 5", "depth: 6"),
        ("enabled: false", "enabled: true"),
    )
    code, said, sent = deploy(kedro, "--check")
    assert (code, sent) == (2, [])
    assert "    trigger: 15 3 * * 1-5 -> 15 4 * * 1-5\n    input depth: 5 -> 6\n~" in said
    assert "~ schedule 'often' is resumed" in said
    edit(
        kedro.project / "src/minimal/pipeline_registry.py",
        ("return [day, depth, len(companies)]", "return [day, depth, 2 * len(companies)]"),
    )
    (kedro.project / "data/01_raw/companies.csv").write_text("id\n1\n")
    plan = json.loads(kedro("deploy", "--json", "--yes").stdout)
    check_schema("deployment", plan)
    actions = {stage["name"]: stage for stage in plan[0]["stages"]}
    assert actions["nightly"]["action"] == actions["often"]["action"] == "change"
    assert "code of the node 'look'" in actions["nightly"]["differences"]
    assert "data that is uploaded" in actions["often"]["differences"]
    assert "enabled: no -> yes" in actions["often"]["differences"]
    assert kedro.service.schedules.by_name["often"]["isEnabled"]
    assert deploy(kedro, "--check")[0] == 0


def test_prune_removes_what_is_ours_and_nothing_else(kedro: Kedro) -> None:
    deploy(kedro, "--yes")
    others = kedro.service.schedules.by_name
    foreign = copy.deepcopy(others["nightly"])
    for name, tags in (
        ("by-hand", {}),
        ("other", {"kedro_schedule": "other", "kedro_project": "other"}),
        ("prod", {"kedro_schedule": "prod", "kedro_project": "minimal", "kedro_env": "prod"}),
    ):
        others[name] = {**foreign, "tags": tags}
    edit(kedro.project / "conf/base/azureml.yml", ("nightly:", "weekly:"))
    code, said, sent = deploy(kedro, "--yes")
    assert code == 0
    assert "? schedule 'nightly' is not in azureml.yml any more; --prune removes it" in said
    assert "nightly" in others
    assert "Everything else is as azureml.yml says." in deploy(kedro, "--check")[1]
    code, said, sent = deploy(kedro, "--yes", "--prune")
    assert code == 0
    assert "Removed the schedule 'nightly'." in said
    assert set(others) == {"weekly", "often", "by-hand", "other", "prod"}
    assert [line.rpartition("/")[2] for line in sent] == ["nightly", "nightly"]
    assert deploy(kedro, "--yes", "--prune")[2] == []


def test_a_schedule_that_is_not_ours_is_left_alone(kedro: Kedro) -> None:
    deploy(kedro, "--yes")
    kedro.service.schedules.by_name["nightly"]["tags"] = {"kedro_project": "other"}
    edit(kedro.project / "conf/base/azureml.yml", ("15 3", "15 4"), ("interval: 15", "interval: 5"))
    since = len(kedro.service.requests)
    said = kedro.refused("KAZ731", "deploy", "--yes")
    assert "azureml.yml:" in said
    assert "was deployed from the project 'other'" in said
    assert changing(kedro.service, since) == []


@pytest.mark.parametrize("number", [1, 3, 5, 7])
def test_interrupted_at_any_request(kedro: Kedro, number: int) -> None:
    """It fails at one request and at all behind it; the next one does what is left."""
    service = kedro.service
    service.operations.at_once = True
    deploy(kedro, "--yes")
    edit(
        kedro.project / "conf/base/azureml.yml",
        ("nightly:", "weekly:"),
        ("interval: 15", "interval: 5"),
    )
    edit(kedro.project / "src/minimal/pipeline_registry.py", ("len(companies)", "1"))
    # Code, two steps, two schedules; the one that is removed is paused and deleted.
    method, count = ("PUT", number) if number < 7 else ("DELETE", 1)
    fault = service.inject("forbidden", method=method, host="management", number=count, times=None)
    code, said, _ = deploy(kedro, "--yes", "--prune")
    assert (code, fault.hits > 0) == (1, True), said
    # Whatever failed is said to be undone.
    assert "Nothing was deployed" in said or "Not done, or nobody knows: schedule '" in said
    service.faults.clear()
    code, said, _ = deploy(kedro, "--yes", "--prune")
    assert code == 0, said
    assert set(service.schedules.by_name) == {"weekly", "often"}
    assert service.schedules.by_name["often"]["trigger"]["interval"] == 5
    assert not service.schedules.by_name["often"]["isEnabled"]
    assert deploy(kedro, "--yes", "--prune")[2] == []


def test_two_at_once(kedro: Kedro) -> None:
    def one(_: int) -> tuple[int, str, Any]:
        return deploy(kedro, "--yes")

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(one, range(2)))
    for code, said, _ in done:
        assert code == 0 or "KAZ732" in said, said
    assert deploy(kedro, "--yes")[0] == 0
    assert set(kedro.service.schedules.by_name) == {"nightly", "often"}
    assert deploy(kedro, "--yes")[2] == []


def test_on_a_terminal_it_asks(kedro: Kedro) -> None:
    for answer, expected in (("n\n", 1), ("y\n", 0)):
        code, screen = run_kedro_on_terminal(
            kedro.project,
            *("azureml", "deploy"),
            conversation=[("Deploy this?", answer)],
            **kedro.variables(),
        )
        assert code == expected, screen
        assert "schedule 'nightly' is new" in screen
        assert bool(kedro.service.schedules.by_name) == (code == 0)


def test_a_key_would_end(kedro: Kedro) -> None:
    storage = "  temporary_storage: {account_name: kedrotests, container: temp, credential: key}\n"
    file = kedro.project / "conf/base/azureml.yml"
    edit(file, ("  schedules:", f"{storage}  schedules:"))
    since = len(kedro.service.requests)
    assert "credential: identity" in kedro.refused("KAZ733", "deploy", "--yes")
    assert len(kedro.service.requests) == since


def test_a_date_would_be_the_same_each_night(kedro: Kedro) -> None:
    place = "azureml://datastores/workspaceblobstore/paths/reports"
    catalog = kedro.project / "conf/base/catalog.yml"
    metadata = f'metadata: {{azureml: {{path: "{place}/{{date}}"}}}}'
    edit(catalog, ("filepath: data/report.json", f"filepath: data/report.json, {metadata}"))
    edit(
        kedro.project / "conf/base/azureml.yml",
        ("  schedules:", "  endpoints: {shop: {job: deep}}\n  schedules:"),
    )
    since = len(kedro.service.requests)
    said = kedro.refused("KAZ329", "deploy", "--yes")
    assert "job of the schedule 'nightly' writes to" in said
    assert "job of the endpoint 'shop' writes to" in said
    assert len(kedro.service.requests) == since
    edit(catalog, ("{date}", "\\\\${{name}}"))
    kedro("deploy", "--yes")
    assert set(kedro.service.schedules.by_name) == {"nightly", "often"}
