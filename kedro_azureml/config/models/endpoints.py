"""``azure.endpoints`` of azureml.yml: jobs that other systems start."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from kedro_azureml.config.models.section import Section, Text

_LONGEST_DESCRIPTION = 5_000


class EndpointConfig(Section):
    """A job that another system starts, with values of its own."""

    job: Text | None = Field(
        default=None,
        description="The job of `azure.jobs` that it starts; without one, the default pipeline.",
    )
    workspace: Text | None = Field(
        default=None, description="Alias of `azure.workspaces`; the job's by default."
    )
    default: bool = Field(
        default=True,
        description="Whether callers that name no deployment get what is deployed now.",
    )
    description: Annotated[str, Field(max_length=_LONGEST_DESCRIPTION)] | None = Field(
        default=None, description="What it is for."
    )
