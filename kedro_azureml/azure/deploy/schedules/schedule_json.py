"""A schedule of the workspace, for people and for scripts: `schedule list` and `schedule show`.

The published schema, `docs/schemas/schedule.schema.json`, is generated from the models here.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field, TypeAdapter

from kedro_azureml.azure.deploy.model import Existing, Owner
from kedro_azureml.job.published import Published


class ScheduleJson(Published):
    """A schedule."""

    name: Annotated[str, Field(description="Its name.")]
    enabled: Annotated[bool, Field(description="Whether it starts jobs.")]
    details: Annotated[
        dict[str, str],
        Field(description="`trigger`, `time zone`, `start`, `end`, `display name`, `description`."),
    ]
    inputs: Annotated[dict[str, str], Field(description="The values of its job's inputs.")]
    project: Annotated[str | None, Field(description="The project that it is deployed from.")]
    env: Annotated[str | None, Field(description="That project's conf environment.")]
    commit: Annotated[str | None, Field(description="The commit that it is deployed from.")]
    dirty: Annotated[
        bool | None, Field(description="Whether the project differed from that commit.")
    ]
    commits_since: Annotated[
        int | None,
        Field(description="Commits of the project since; null where that is not known."),
    ] = None
    next_times: Annotated[
        list[datetime],
        Field(description="When it starts its job next, in its zone; empty in `schedule list`."),
    ]


def schedule_json(
    existing: Existing,
    *,
    commits_since: int | None = None,
    next_times: list[datetime] | None = None,
) -> ScheduleJson:
    """Describe a schedule."""
    owner, commit = Owner.of(existing.tags), existing.commit
    return ScheduleJson(
        name=existing.name,
        enabled=existing.enabled,
        details=dict(existing.facts.details),
        inputs=dict(existing.facts.inputs),
        project=owner.project if owner else None,
        env=(owner.env or None) if owner else None,
        commit=commit.name if commit else None,
        dirty=commit.dirty if commit else None,
        commits_since=commits_since,
        next_times=next_times or [],
    )


SCHEMAS: dict[str, TypeAdapter[Any]] = {
    "schedule": TypeAdapter(ScheduleJson),
    "schedules": TypeAdapter(list[ScheduleJson]),
}
