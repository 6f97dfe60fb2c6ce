"""A deployment as JSON: `deploy --json`.

The published schema, `docs/schemas/deployment.schema.json`, is generated from the models here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from kedro_azureml.azure.deploy.plan import (
    Add,
    Change,
    Leave,
    Remove,
    Stage,
    Switch,
    is_change,
    subject,
)
from kedro_azureml.job.published import Published

Action = Literal["add", "change", "pause", "resume", "remove", "leave", "none"]


class StageJson(Published):
    """One thing that is deployed, or was."""

    kind: Annotated[
        str, Field(description="`schedule`, `endpoint`, or an older `deployment` of one.")
    ]
    name: Annotated[str, Field(description="Its name.")]
    action: Annotated[
        Action,
        Field(description="What is done with it. `leave`: azureml.yml has it no more."),
    ]
    differences: Annotated[list[str], Field(description="In which way it changes, for people.")]


class DeploymentJson(Published):
    """What a deployment to one workspace does, or did."""

    workspace: Annotated[str, Field(description="The workspace's name.")]
    resource_group: Annotated[str, Field(description="Its resource group.")]
    in_step: Annotated[bool, Field(description="Whether there was nothing to change.")]
    applied: Annotated[bool, Field(description="Whether it was carried out.")]
    stages: Annotated[list[StageJson], Field(description="Each thing, in this order.")]


def deployment_json(
    stages: Sequence[Stage], workspace: str, group: str, *, applied: bool
) -> DeploymentJson:
    """Return a plan as scripts read it."""
    return DeploymentJson(
        workspace=workspace,
        resource_group=group,
        in_step=not any(map(is_change, stages)),
        applied=applied,
        stages=[_stage(stage) for stage in stages],
    )


def _stage(stage: Stage) -> StageJson:
    kind, name = subject(stage)
    differences = list(stage.differences) if isinstance(stage, Change) else []
    return StageJson(kind=kind, name=name, action=_action(stage), differences=differences)


def _action(stage: Stage) -> Action:
    if isinstance(stage, Switch):
        return "resume" if stage.wanted.enabled else "pause"
    actions: dict[type[Any], Action] = {
        Add: "add",
        Change: "change",
        Remove: "remove",
        Leave: "leave",
    }
    return actions.get(type(stage), "none")


SCHEMAS = {"deployment": TypeAdapter(list[DeploymentJson])}
