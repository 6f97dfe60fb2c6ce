"""A schedule of the workspace is read as it was written: no difference, and the same next times."""

from __future__ import annotations

import warnings
from datetime import datetime, timezone
from typing import Any

import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the SDK's own, of its dependencies
    from azure.ai.ml.entities import JobSchedule

    from kedro_azureml.azure.deploy.schedules.requests import trigger_entity

from kedro_azureml.azure.deploy.schedules.described import existing_schedule, schedule_details
from kedro_azureml.azure.deploy.schedules.when import next_times_of
from kedro_azureml.compiler.schedules import make_schedule, next_runs
from kedro_azureml.config import AzureMLConfig
from kedro_azureml.job.model import PipelineJob

NOW = datetime(2027, 3, 27, 12, tzinfo=timezone.utc)
SECTIONS: list[dict[str, Any]] = [
    {"cron": "15 3 * * 1-5"},
    {"cron": "*/20 1,2 * * sun", "time_zone": "Europe/Berlin", "end": "2027-04-30T00:00:00"},
    {"cron": "0 6 * * *", "time_zone": "Tokyo Standard Time", "start": "2027-06-01T00:00:00Z"},
    {"every": {"frequency": "minute", "interval": 15}, "start": "2027-01-01T00:05:00"},
    {
        "every": {"frequency": "week", "week_days": ["monday"], "hours": [6], "minutes": [0, 30]},
        "time_zone": "America/New_York",
        "start": "2027-03-01T00:00:00",
        "display_name": "A week",
    },
    {
        "every": {
            "frequency": "month",
            "interval": 2,
            "month_days": [1, 31],
            "hours": [6],
            "minutes": [0],
        },
        "start": "2027-01-01T00:00:00",
        "description": "Each second month.",
    },
]


@pytest.mark.parametrize("section", SECTIONS)
def test_as_it_was_written(section: dict[str, Any], tmp_path: Any) -> None:
    config = AzureMLConfig.model_validate({"azure": {"schedules": {"s": section}}})
    document = make_schedule("s", config, PipelineJob(jobs={}), tmp_path / "job.yml", tmp_path)
    sent: Any = JobSchedule(
        name="s",
        trigger=trigger_entity(document.trigger),
        create_job="a-job",
        display_name=document.display_name,
        description=document.description,
    )
    # As the service answers: through the SDK's own objects of the wire.
    sent.trigger = type(sent.trigger)._from_rest_object(sent.trigger._to_rest_object())
    shown = existing_schedule(sent).facts.details
    assert shown == {key: value for key, value in schedule_details(document).items() if value}
    expected = next_runs(config.azure.schedules["s"], NOW)
    found = next_times_of(sent, NOW)
    assert found is not None
    assert [moment.timestamp() for moment in found] == [each.timestamp() for each in expected]
    assert len(expected) == 5


def test_what_somebody_else_wrote_is_not_known(tmp_path: Any) -> None:
    config = AzureMLConfig.model_validate({"azure": {"schedules": {"s": SECTIONS[0]}}})
    document = make_schedule("s", config, PipelineJob(jobs={}), tmp_path / "job.yml", tmp_path)
    schedule: Any = JobSchedule(
        name="s", trigger=trigger_entity(document.trigger), create_job="a-job"
    )
    schedule.trigger.expression = "15 3 1 * *"
    assert next_times_of(schedule, NOW) is None
