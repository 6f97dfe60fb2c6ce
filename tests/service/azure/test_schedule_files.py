"""`compile --schedule` and its rehearsal: what the SDK reads, and what a step is given."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.kit.azureml.sdk import Sdk
from tests.kit.azureml.service import AzureService
from tests.kit.deployments import edit
from tests.kit.forking import ForkServer
from tests.kit.projects import make_project
from tests.kit.submission import Kedro, azureml_yml

pytest_plugins = ("tests.kit.azureml.fixtures", "tests.kit.fixtures")

REGISTRY = """
from kedro.pipeline import Pipeline, node

def seen(*values):
    return list(values)

def register_pipelines():
    look = node(seen, ["params:day", "params:depth", "params:name"], "seen", name="look")
    return {"__default__": Pipeline([look]), "other": Pipeline([look])}
"""
SCHEDULES = """
  job_inputs: [day, depth, name]
  jobs:
    deep: {parameters: {depth: 4}}
  schedules:
    nightly:
      job: deep
      cron: 15  3 * * mon-fri
      time_zone: Europe/Berlin
      start: "2090-06-30T23:30:00-04:00"
      end: 2091-01-01T00:00:00
      inputs: {day: "{trigger_time}", name: "it's"}
      display_name: A night
      description: What happens at night.
    monthly:
      every: {frequency: month, interval: 2, month_days: [1, 31], hours: [6], minutes: [0, 30]}
    often:
      every: {frequency: minute, interval: 15}
      enabled: false
"""


@pytest.fixture
def kedro(azure_service: AzureService, tmp_path: Path, fork_server: ForkServer) -> Kedro:
    project = make_project(
        tmp_path / "a project é",
        registry=REGISTRY,
        catalog="seen: {type: json.JSONDataset, filepath: data/seen.json}",
        parameters='{day: "2026-01-01", depth: 3, name: n}',
        azureml=azureml_yml(azure_service) + SCHEDULES,
    )
    return Kedro(azure_service, project, fork_server)


def compiled(kedro: Kedro, sdk: Sdk, name: str) -> tuple[Any, str]:
    """The schedule as the SDK sends it, and what the command printed."""
    printed = kedro("compile", "--schedule", name).stdout
    file = str(kedro.project / f"{name}.schedule.yml")
    schedule = sdk.run(
        f"""
        from azure.ai.ml.entities._load_functions import load_schedule
        schedule = load_schedule({file!r})
        result = {{
            "trigger": schedule.trigger._to_rest_object().as_dict(),
            "name": schedule.name,
            "display_name": schedule.display_name,
            "tags": schedule.create_job.tags,
            "inputs": {{name: str(i._data) for name, i in schedule.create_job.inputs.items()}},
            "jobs": list(schedule.create_job.jobs),
        }}
        """
    )
    assert schedule["name"] == name
    return schedule, printed


def test_a_cron_schedule(kedro: Kedro, sdk: Sdk) -> None:
    schedule, printed = compiled(kedro, sdk, "nightly")
    trigger = schedule["trigger"]
    assert trigger["expression"] == "15 3 * * mon-fri"
    assert trigger["timeZone"] == "W. Europe Standard Time"
    # With an offset it would have been cut: it is converted instead.
    assert trigger["startTime"] == "2090-07-01 05:30:00"
    assert trigger["endTime"] == "2091-01-01 00:00:00"
    assert schedule["display_name"] == "A night"
    assert schedule["tags"]["kedro_schedule"] == "nightly"
    assert schedule["jobs"] == ["look"]
    assert schedule["inputs"] == {
        "day": "${{creation_context.trigger_time}}",
        "depth": "4",
        "name": '"it\\u0027s"',
    }
    assert "Mon 2090-07-03 03:15 CEST" in printed
    assert (kedro.project / "deep.yml").is_file()
    # What the command wrote is no code, and may be written again.
    kedro("compile", "--schedule", "nightly")
    assert "schedule.yml" not in kedro("run", "--dry-run").stdout


def test_recurrences(kedro: Kedro, sdk: Sdk) -> None:
    schedule, _ = compiled(kedro, sdk, "monthly")
    trigger = schedule["trigger"]
    assert (trigger["frequency"].lower(), trigger["interval"]) == ("month", 2)
    assert trigger["timeZone"] == "UTC"
    assert trigger["schedule"]["monthDays"] == [1, 31]
    assert trigger["schedule"]["hours"] == [6]
    assert trigger["schedule"]["minutes"] == [0, 30]
    schedule, printed = compiled(kedro, sdk, "often")
    assert (schedule["trigger"]["frequency"].lower(), schedule["trigger"]["interval"]) == (
        "minute",
        15,
    )
    assert "It is not enabled" in printed


def test_a_rehearsal_of_a_schedule(kedro: Kedro) -> None:
    nightly = ("run", "--local", "--schedule", "nightly", "--into-catalog")
    kedro(*nightly, "--at", "2027-03-28T23:30:00-04:00")
    seen = kedro.project / "data/seen.json"
    assert json.loads(seen.read_text()) == ["2027-03-29", 4, "it's"]
    kedro(*nightly, "--at", "2027-01-31T00:00:00Z", "--set", "depth=9")
    assert json.loads(seen.read_text()) == ["2027-01-31", 9, "it's"]
    assert "'tomorrow' is no time" in kedro.refused("KAZ107", *nightly, "--at", "tomorrow")
    kedro.refused("KAZ107", *nightly, "-j", "deep")
    kedro.refused("KAZ107", "run", "--schedule", "nightly")
    assert "starts its job" in kedro.refused("KAZ107", "run", "--local", "--at", "2027-01-31")
    kedro("compile", "--schedule", "nightly")
    compiled = ("run", "--local", "-f", "deep.yml", "--schedule", "nightly")
    assert "is compiled already" in kedro.refused("KAZ107", *compiled)
    refused = kedro.refused("KAZ107", "compile", "--all", "--schedule", "nightly")
    assert "--all and --schedule both name jobs" in refused
    assert "Did you mean 'nightly'?" in kedro.refused(
        "KAZ133", "run", "--local", "--schedule", "nightl"
    )


@pytest.mark.parametrize(
    ("before", "after", "code", "words"),
    [
        ("15  3 * * mon-fri", "15 3 1 * *", "KAZ104", "Azure ML ignores the day of the month"),
        ("Europe/Berlin", "Mars/Base", "KAZ104", "'Mars/Base' is no time zone"),
        ("interval: 15", "interval: 0", "KAZ104", "greater than or equal to 1"),
        ("interval: 15", "interval: 1" + 20 * "0", "KAZ242", "will start no job"),
        ("month_days: [1, 31]", "month_days: [32]", "KAZ104", "less than or equal to 31"),
        ("Europe/Berlin", "localtime", "KAZ104", "'localtime' is no time zone"),
        ("2091-01-01T00:00:00", "2090-07-01T05:31", "KAZ242", "before it ends at 2090-07-01"),
        ("nightly:", "Often:", "KAZ104", "'Often' and 'often' are one name for Azure"),
        ("nightly:", "a.b:", "KAZ104", "'a.b' is no name of a schedule"),
        ("hours: [6]", "hours: [25]", "KAZ104", "less than or equal to 23"),
        ("hours: [6], ", "", "KAZ104", "'hours' is missing"),
        ("2091-01-01T00", "2090-01-01T00", "KAZ104", "before it starts"),
        ('"2090-06-30T23:30:00-04:00"', "soon", "KAZ104", "'soon' is no time"),
        ('"2090-06-30T23:30:00-04:00"', "2001-01-01", "KAZ242", "begins at 2001-01-01 00:00:00"),
        ("job: deep", "job: deeper", "KAZ131", "has no job 'deeper'"),
        ("cron: 15", "every: {frequency: day}\n      cron: 15", "KAZ104", "either 'cron' or"),
        ('inputs: {day: "{', 'inputs: {dey: "{', "KAZ241", "has no input 'dey'"),
        ('name: "it\'s"', "depth: x", "KAZ241", "is not a whole number"),
        ("it's", "at {trigger_time}", "KAZ241", "stands alone, and is no part of a text"),
        ('name: "it\'s"', 'depth: "{trigger_time}"', "KAZ241", "and the input is a whole number"),
    ],
)
def test_mistakes(kedro: Kedro, before: str, after: str, code: str, words: str) -> None:
    file = kedro.project / "conf/base/azureml.yml"
    text = file.read_text()
    assert before in text
    file.write_text(text.replace(before, after))
    schedule = "often" if before == "interval: 15" else "nightly"
    said = kedro.refused(code, "compile", "--schedule", schedule, "--strict")
    assert words in said
    assert "azure." in said


def test_a_time_in_a_list_is_refused(kedro: Kedro) -> None:
    """The node would get the word."""
    parameters = kedro.project / "conf/base/parameters.yml"
    parameters.write_text(parameters.read_text().replace("name: n", "name: [n]"))
    file = kedro.project / "conf/base/azureml.yml"
    file.write_text(file.read_text().replace('"it\'s"', '["{trigger_time}"]'))
    said = kedro.refused("KAZ241", "compile", "--schedule", "nightly")
    assert "stands alone, and is no part of a text or of a list" in said


def test_nothing_is_written_of_what_is_refused(kedro: Kedro) -> None:
    edit(kedro.project / "conf/base/azureml.yml", ('name: "it\'s"', "depth: x"))
    before = sorted(kedro.project.glob("*"))
    kedro.refused("KAZ241", "compile", "--schedule", "nightly")
    (kedro.project / "monthly.schedule.yml").write_text("mine: 1\n")
    kedro.refused("KAZ109", "compile", "--schedule", "monthly")
    (kedro.project / "monthly.schedule.yml").unlink()
    done = kedro("compile", "--schedule", "monthly", "-o", "-", check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert sorted(kedro.project.glob("*")) == before


def test_a_date_of_another_day(kedro: Kedro) -> None:
    """Azure ML tells the time in UTC, where it is still yesterday."""
    assert "KAZ244" not in kedro("compile", "--schedule", "nightly").stderr
    edit(kedro.project / "conf/base/azureml.yml", ("15  3", "15  1"))
    said = " ".join(kedro("compile", "--schedule", "nightly").stderr.split())
    # Only while summer lasts.
    assert "KAZ244" in said
    assert "01:15 in Europe/Berlin the schedule 'nightly' gives 'day' the date" in said
    kedro.refused("KAZ244", "compile", "--schedule", "nightly", "--strict")


def test_a_time_without_an_offset_is_in_the_schedules_zone(kedro: Kedro) -> None:
    edit(
        kedro.project / "conf/base/azureml.yml",
        ("time_zone: Europe/Berlin", "time_zone: Asia/Tokyo"),
    )
    kedro(
        "run", "--local", "--schedule", "nightly", "--into-catalog", "--at", "2027-01-31T03:15:00"
    )
    assert json.loads((kedro.project / "data/seen.json").read_text())[0] == "2027-01-30"


def test_sunday_is_0(kedro: Kedro) -> None:
    """Azure ML documents no other."""
    edit(kedro.project / "conf/base/azureml.yml", ("mon-fri", "5-7"))
    kedro("compile", "--schedule", "nightly")
    assert "expression: '15 3 * * 0,5,6'" in (kedro.project / "nightly.schedule.yml").read_text()


def test_a_schedule_of_a_job_that_runs_as_the_user(kedro: Kedro) -> None:
    file = kedro.project / "conf/base/azureml.yml"
    identity = "cluster_name: cpu-cluster\n      identity: {type: user}"
    file.write_text(file.read_text().replace("cluster_name: cpu-cluster", identity))
    said = kedro("compile", "--schedule", "nightly").stderr
    assert "KAZ243" in said
    assert "identity: {type: managed}" in " ".join(said.split())
