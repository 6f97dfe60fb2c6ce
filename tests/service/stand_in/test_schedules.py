"""Schedules of the test service, through the unmodified SDK, with a clock that the test moves."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.kit.azureml.samples import SUBMIT, WriteJob, step
from tests.kit.azureml.schedules.times import TriggerError, check, times
from tests.kit.azureml.sdk import Sdk, SdkError
from tests.kit.azureml.service import AzureService
from tests.kit.azureml.workspace.workspace import ARTIFACT_CONTAINER

pytest_plugins = ("tests.kit.azureml.fixtures",)

_LOAD = """
from azure.ai.ml.entities._load_functions import load_schedule
def deploy():
    return ml.schedules.begin_create_or_update(load_schedule(folder + "/schedule.yml")).result()
"""
NIGHT = datetime(2027, 1, 4, 0, 0, tzinfo=timezone.utc)


def write(submitter: Path, write_job: WriteJob, **trigger: Any) -> None:
    """A schedule of a job that says what it was given."""
    say = step(
        'echo "${{inputs.when}}|${{inputs.n}}"',
        inputs={"when": {"type": "string"}, "n": {"type": "integer"}},
    )
    say["inputs"] = {"when": "${{parent.inputs.when}}", "n": "${{parent.inputs.n}}"}
    write_job(inputs={"when": "never", "n": 3}, outputs={}, jobs={"say": say})
    schedule = {
        "name": "nightly",
        "trigger": trigger or {"type": "cron", "expression": "15 3 * * 1-5"},
        "create_job": {
            "type": "pipeline",
            "job": "./job.yml",
            "inputs": {"when": "${{creation_context.trigger_time}}", "n": 7},
        },
    }
    (submitter / "schedule.yml").write_text(yaml.safe_dump(schedule))


def log_of(service: AzureService, name: str) -> str:
    run = service.jobs.runs[name]
    assert run.over.wait(60)
    assert run.status == "Completed", run.error
    artifacts = run.children["say"].artifacts
    return service.storage.read(ARTIFACT_CONTAINER, f"{artifacts}/user_logs/std_log.txt").decode()


def test_life_of_a_schedule(
    azure_service: AzureService, sdk: Sdk, write_job: WriteJob, submitter: Path
) -> None:
    schedules = azure_service.schedules
    schedules.now = NIGHT
    write(submitter, write_job)
    sdk.run(_LOAD + "deploy()")
    assert azure_service.jobs.created == 0

    started = schedules.advance(timedelta(days=1))
    assert [run.display_name for run in started] == ["nightly-20270104T031500Z"]
    assert log_of(azure_service, started[0].id) == "2027-01-04T03:15:00Z|7\n"
    assert started[0].experiment == "exp"
    # Until the weekend is over: Tuesday to Friday.
    azure_service.execution.mode = "instant"
    assert len(schedules.advance(datetime(2027, 1, 11, tzinfo=timezone.utc))) == 4
    found = sdk.run(
        """
        jobs = ml.jobs.list(schedule_defined=True, scheduled_job_name="nightly")
        others = ml.jobs.list(schedule_defined=True, scheduled_job_name="another")
        result = [len(list(jobs)), len(list(others))]
        """
    )
    assert found == [5, 0]

    with pytest.raises(SdkError, match="disable it before"):
        sdk.run('ml.schedules.begin_delete("nightly").result()')
    names = "result = [[s.name for s in ml.schedules.list(list_view_type=v)] for v in VIEWS]"
    views = 'VIEWS = ("EnabledOnly", "DisabledOnly", "All")\n'
    assert sdk.run(views + names) == [["nightly"], [], ["nightly"]]
    sdk.run('ml.schedules.begin_disable("nightly").result()')
    assert sdk.run(views + names) == [[], ["nightly"], ["nightly"]]
    assert schedules.advance(timedelta(days=7)) == []
    sdk.run('ml.schedules.begin_enable("nightly").result()')
    assert len(schedules.advance(timedelta(days=7))) == 5

    name = sdk.run('result = ml.schedules.trigger("nightly").job_name')
    assert azure_service.jobs.runs[name].schedule == "nightly"
    sdk.run('ml.schedules.begin_disable("nightly").result()')
    sdk.run('ml.schedules.begin_delete("nightly").result()')
    with pytest.raises(SdkError, match="nightly was not found"):
        sdk.run('ml.schedules.get("nightly")')


def test_creating_again_changes_it(
    azure_service: AzureService, sdk: Sdk, write_job: WriteJob, submitter: Path
) -> None:
    azure_service.execution.mode = "instant"
    azure_service.schedules.now = NIGHT
    write(submitter, write_job)
    sdk.run(_LOAD + "deploy()")
    before = azure_service.count("PUT", "/components/")
    write(
        submitter, write_job, type="cron", expression="0 6 * * *", time_zone="Tokyo Standard Time"
    )
    sdk.run(_LOAD + "deploy()")
    assert azure_service.count("PUT", "/components/") == before * 2
    (run,) = azure_service.schedules.advance(timedelta(days=1))
    assert run.display_name == "nightly-20270104T210000Z"
    shown = sdk.run('s = ml.schedules.get("nightly"); result = [s.is_enabled, s.trigger.time_zone]')
    assert shown == [True, "Tokyo Standard Time"]


def test_schedule_of_a_job_that_ran(
    azure_service: AzureService, sdk: Sdk, write_job: WriteJob, submitter: Path
) -> None:
    write(submitter, write_job)
    sdk.run(SUBMIT)
    schedule = yaml.safe_load((submitter / "schedule.yml").read_text())
    schedule["create_job"] = {"type": "pipeline", "job": "azureml:the-job", "inputs": {"n": 9}}
    (submitter / "schedule.yml").write_text(yaml.safe_dump(schedule))
    azure_service.schedules.now = NIGHT
    sdk.run(_LOAD + "deploy()")
    (run,) = azure_service.schedules.advance(timedelta(days=1))
    assert log_of(azure_service, run.id) == "never|9\n"


@pytest.mark.parametrize(
    ("trigger", "message"),
    [
        ({"expression": "15 3 * *"}, "five fields"),
        ({"expression": "61 3 * * *"}, "not valid"),
        ({"expression": "15 3 * * 1-5", "time_zone": "Europe/Berlin"}, "'Europe/Berlin'"),
    ],
)
def test_triggers_that_are_refused(
    azure_service: AzureService,
    sdk: Sdk,
    write_job: WriteJob,
    submitter: Path,
    trigger: dict[str, str],
    message: str,
) -> None:
    write(submitter, write_job, type="cron", **trigger)
    with pytest.raises(SdkError, match=message):
        sdk.run(_LOAD + "deploy()")


def test_recurrence_without_a_start_runs_at_once(
    azure_service: AzureService, sdk: Sdk, write_job: WriteJob, submitter: Path
) -> None:
    azure_service.execution.mode = "instant"
    azure_service.schedules.now = NIGHT
    write(submitter, write_job, type="recurrence", frequency="hour", interval=6)
    sdk.run(_LOAD + "deploy()")
    assert azure_service.jobs.created == 1
    assert len(azure_service.schedules.advance(timedelta(days=1))) == 4


def moments(after: str, number: int, **trigger: Any) -> list[str]:
    kind = "Cron" if "expression" in trigger else "Recurrence"
    moment = datetime.fromisoformat(after).replace(tzinfo=timezone.utc)
    found = times({"triggerType": kind, **trigger}, moment, moment)
    return [f"{m:%m-%d %H:%M}" for m in islice(found, number)]


def test_times_of_a_cron_text() -> None:
    # The fields of days and months do not count.
    assert moments("2027-01-04", 2, expression="0 6 1 12 *") == ["01-04 06:00", "01-05 06:00"]
    assert moments("2027-01-04", 3, expression="*/30 1,3 * * sun,2") == [
        "01-05 01:00",
        "01-05 01:30",
        "01-05 03:00",
    ]
    zone = {"timeZone": "W. Europe Standard Time"}
    assert moments("2027-03-26", 4, expression="30 2 * * *", **zone) == [
        "03-26 01:30",
        "03-27 01:30",
        # On the 28th there is no 02:30 in Berlin.
        "03-29 00:30",
        "03-30 00:30",
    ]
    assert moments("2027-10-30T12:00", 2, expression="30 2 * * *", **zone) == [
        "10-31 00:30",
        "11-01 01:30",
    ]
    period = {"startTime": "2027-01-05 00:00:00", "endTime": "2027-01-06 06:00:00"}
    assert moments("2027-01-01", 9, expression="0 6 * * *", **period) == [
        "01-05 06:00",
        "01-06 06:00",
    ]


def test_times_of_a_recurrence() -> None:
    start = {"startTime": "2027-01-31 08:30:00"}
    assert moments("2027-02-01", 3, frequency="Month", interval=1, **start) == [
        "03-31 08:30",
        "05-31 08:30",
        "07-31 08:30",
    ]
    assert moments("2027-02-01", 2, frequency="Day", interval=2, **start) == [
        "02-02 08:30",
        "02-04 08:30",
    ]
    pattern = {"hours": [6, 18], "minutes": [0], "weekDays": ["Monday", "Friday"]}
    assert moments("2027-01-04", 3, frequency="Week", interval=2, schedule=pattern) == [
        "01-04 06:00",
        "01-04 18:00",
        "01-08 06:00",
    ]
    days = {"hours": [1], "minutes": [0], "monthDays": [1, 15]}
    assert moments("2027-01-02", 2, frequency="Month", interval=1, schedule=days) == [
        "01-15 01:00",
        "02-01 01:00",
    ]
    with pytest.raises(TriggerError):
        check({"triggerType": "Recurrence", "frequency": "Day", "interval": 0})
