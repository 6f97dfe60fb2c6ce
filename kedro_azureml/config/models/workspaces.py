"""``azure.workspaces`` of azureml.yml: other workspaces, by an alias."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from kedro_azureml.config.models import values
from kedro_azureml.config.models.section import Section


class WorkspaceConfig(Section):
    """Another workspace; what it leaves out is as below `azure`."""

    subscription_id: Annotated[str, AfterValidator(values.subscription_id)] | None = Field(
        default=None, description="Its Azure subscription."
    )
    resource_group: Annotated[str, AfterValidator(values.resource_group)] | None = Field(
        default=None, description="Its resource group."
    )
    workspace_name: Annotated[str, AfterValidator(values.workspace_name)] = Field(
        description="Its name."
    )
