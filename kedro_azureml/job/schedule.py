"""A schedule as plain data: the CLI v2 YAML that names a job's file and says when it starts.

https://learn.microsoft.com/azure/machine-learning/reference-yaml-schedule; what the SDK really
takes: docs/architecture/azureml-capabilities.md, section 1.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from kedro_azureml.job.model import Document, Literal_
from kedro_azureml.job.snapshot.own_files import SCHEDULE_SCHEMA
from kedro_azureml.job.yaml import dump_mapping

#: The service puts the time there at which it started the job: only in texts.
TRIGGER_TIME = "${{creation_context.trigger_time}}"


class RecurrencePattern(Document):
    """The times of a day, and the days; without days, every one that the frequency gives."""

    hours: list[int]
    minutes: list[int]
    week_days: list[str] | None = None
    month_days: list[int] | None = None


class _Trigger(Document):
    start_time: str | None = None
    end_time: str | None = None
    time_zone: str


class CronTrigger(_Trigger):
    """Five fields; an offset or a zone in a time would be lost, so they have none."""

    type: Literal["cron"] = "cron"
    expression: str


class RecurrenceTrigger(_Trigger):
    """Every so often."""

    type: Literal["recurrence"] = "recurrence"
    frequency: str
    interval: int
    schedule: RecurrencePattern | None = None


class CreateJob(Document):
    """What a schedule starts: the job of a file beside it, with other values and more tags."""

    type: Literal["pipeline"] = "pipeline"
    job: str
    inputs: dict[str, Literal_] = Field(default={})
    tags: dict[str, str] = Field(default={})


class Schedule(Document):
    """The whole document."""

    schema_: str = Field(default=SCHEDULE_SCHEMA, alias="$schema")
    name: str
    display_name: str | None = None
    description: str | None = None
    tags: dict[str, str] = Field(default={})
    properties: dict[str, str] = Field(default={})
    trigger: Annotated[CronTrigger | RecurrenceTrigger, Field(discriminator="type")]
    create_job: CreateJob


def dump_schedule(schedule: Schedule) -> str:
    """Write the document's text."""
    data = schedule.model_dump(by_alias=True, exclude_none=True)
    for part in (data, data["create_job"]):
        for key in [key for key, value in part.items() if value == {}]:
            del part[key]
    return dump_mapping(data)
