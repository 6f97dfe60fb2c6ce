"""`kedro azureml schedule`: a schedule from its deployment to its removal, with jobs that run."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from tests.kit.azureml.http.faults import Kind
from tests.kit.azureml.service import AzureService
from tests.kit.deployments import commit, deployed_project, edit, git
from tests.kit.forking import ForkServer
from tests.kit.schemas import check_schema
from tests.kit.submission import Kedro

pytest_plugins = ("tests.kit.azureml.fixtures", "tests.kit.fixtures")

SCHEDULES = """
  schedules:
    nightly:
      job: deep
      cron: "15 3 * * *"
      inputs: {day: "{trigger_time}", depth: 5}
"""
NIGHT = datetime(2027, 1, 4, tzinfo=timezone.utc)


@pytest.fixture
def kedro(azure_service: AzureService, tmp_path: Path, fork_server: ForkServer) -> Kedro:
    azure_service.schedules.now = NIGHT
    made = deployed_project(azure_service, tmp_path / "project", SCHEDULES, fork_server)
    made("deploy", "--yes")
    return made


def result_of(kedro: Kedro, job: str) -> object:
    """What a job has written."""
    run = kedro.service.jobs.runs[job]
    assert run.over.wait(120)
    assert run.status == "Completed", run.error
    kedro("job", "download", job, "report", "--into-catalog", "--force")
    return json.loads((kedro.project / "data/report.json").read_text())


def test_from_its_deployment_to_its_removal(kedro: Kedro) -> None:
    schedules, jobs = kedro.service.schedules, kedro.service.jobs
    (first,) = schedules.advance(timedelta(days=1))
    assert result_of(kedro, first.id) == ["2027-01-04", 5, 2]

    edit(kedro.project / "conf/base/azureml.yml", ("depth: 5", "depth: 6"))
    kedro("deploy", "--yes")
    (second,) = schedules.advance(timedelta(days=1))
    assert result_of(kedro, second.id) == ["2027-01-05", 6, 2]

    # Neither the dots by which the SDK waits nor anything else comes before it.
    assert kedro("schedule", "pause", "nightly").stdout.startswith("'nightly' is paused.\n")
    assert "paused already" in kedro("schedule", "pause", "nightly").stdout
    assert schedules.advance(timedelta(days=3)) == []
    # What azureml.yml says comes about, with the change.
    edit(kedro.project / "conf/base/azureml.yml", ("depth: 6", "depth: 7"))
    said = kedro("deploy", "--yes").stdout
    assert "input depth: 6 -> 7\n    enabled: no -> yes" in said
    triggered = kedro("schedule", "trigger", "nightly", "--wait-for-completion").stdout
    third = list(jobs.runs)[-1]
    assert f"Started {third}" in triggered
    assert result_of(kedro, third) == ["2027-01-09", 7, 2]

    runs = json.loads(kedro("schedule", "runs", "nightly", "--json").stdout)
    check_schema("jobs", runs)
    assert [run["name"] for run in runs] == [third, second.id, first.id]
    # Jobs that no schedule started are not among them.
    kedro("run", "-j", "deep")
    kedro("job", "rerun", third, "--set", "depth=8", "--wait-for-completion")
    assert len(json.loads(kedro("schedule", "runs", "nightly", "--json").stdout)) == 3
    assert third in kedro("schedule", "runs", "nightly", "--max", "1").stdout

    # Paused and resumed by hand it starts what it started.
    for verb in ("pause", "resume"):
        kedro("schedule", verb, "nightly")
    (fourth,) = schedules.advance(timedelta(days=1))
    assert result_of(kedro, fourth.id) == ["2027-01-09", 7, 2]
    assert kedro("deploy", "--check").returncode == 0

    kedro.refused("KAZ108", "schedule", "delete", "nightly")
    assert "Deleted 'nightly'." in kedro("schedule", "delete", "nightly", "--yes").stdout
    assert schedules.by_name == {}
    assert "There are no schedules." in kedro("schedule", "list").stdout


def test_what_is_shown(kedro: Kedro) -> None:
    kedro.service.execution.mode = "held"
    head = git(kedro.project, "rev-parse", "HEAD")
    shown = json.loads(kedro("schedule", "show", "nightly", "--json").stdout)
    check_schema("schedule", shown)
    assert (shown["commit"], shown["dirty"], shown["commits_since"]) == (head, False, 0)
    assert shown["inputs"]["depth"] == "5"
    assert len(shown["next_times"]) == 5
    edit(kedro.project / "data/01_raw/companies.csv", ("1", "3"))
    (kedro.project / "src/minimal/other.py").write_text("X = 1\n")
    commit(kedro.project, "moved on")
    said = kedro("schedule", "show", "nightly").stdout
    assert f"minimal, commit {head[:10]}\n" in said
    assert "moved on by 1 commit since; 'kedro azureml deploy --check'" in said
    (kedro.project / "src/minimal/other.py").write_text("X = 2\n")
    kedro("deploy", "--yes")
    assert " with changes" in kedro("schedule", "show", "nightly").stdout

    assert "The next 'kedro azureml deploy' undoes that" in (
        kedro("schedule", "pause", "nightly").stdout
    )
    assert "It is paused." in kedro("schedule", "show", "nightly").stdout
    listed = json.loads(kedro("schedule", "list", "--json").stdout)
    check_schema("schedules", listed)
    assert [(each["name"], each["enabled"]) for each in listed] == [("nightly", False)]
    assert "'nightly' is enabled." in kedro("schedule", "resume", "nightly").stdout
    for verb in ("show", "pause", "trigger", "runs"):
        assert "has no schedule 'nightli'" in kedro.refused("KAZ734", "schedule", verb, "nightli")


@pytest.mark.parametrize(("kind", "jobs"), [("lose", 1), ("unavailable", 0)])
def test_a_trigger_without_an_answer_is_sent_once(kedro: Kedro, kind: Kind, jobs: int) -> None:
    """Nobody knows what became of it, and a second one would start a second job."""
    service = kedro.service
    service.execution.mode = "held"
    service.inject(kind, method="POST", path="/trigger$")
    said = kedro.refused("KAZ715", "schedule", "trigger", "nightly")
    assert "kedro azureml schedule runs nightly" in said
    assert service.count("POST", "/trigger$") == 1
    assert service.jobs.created == jobs
