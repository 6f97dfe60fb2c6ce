"""An endpoint of the workspace, for people and for scripts: `endpoint list` and `endpoint show`.

The published schema, `docs/schemas/endpoint.schema.json`, is generated from the models here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, TypeAdapter

from kedro_azureml.azure.deploy.endpoints.described import default_of
from kedro_azureml.azure.deploy.endpoints.spec import addresses_in, component_in
from kedro_azureml.azure.deploy.model import Existing, Owner
from kedro_azureml.job.published import Published


class EndpointInputJson(Published):
    """An input of the job that an endpoint starts."""

    name: Annotated[str, Field(description="Its name, for a call.")]
    type: Annotated[str, Field(description="`uri_file`, `uri_folder`, or the type of its value.")]
    default: Annotated[
        str | None, Field(description="Its value, or where its data lies, if a call gives none.")
    ]


class EndpointJson(Published):
    """A batch endpoint."""

    name: Annotated[str, Field(description="Its name.")]
    scoring_uri: Annotated[str | None, Field(description="The address to post a call to.")]
    default: Annotated[str | None, Field(description="Its default deployment.")]
    component: Annotated[str | None, Field(description="The component of that.")]
    project: Annotated[str | None, Field(description="The project that it is deployed from.")]
    env: Annotated[str | None, Field(description="That project's conf environment.")]
    commit: Annotated[str | None, Field(description="The commit that it is deployed from.")]
    dirty: Annotated[
        bool | None, Field(description="Whether the project differed from that commit.")
    ]
    inputs: Annotated[
        list[EndpointInputJson], Field(description="Its inputs; empty in `endpoint list`.")
    ]


def endpoint_json(
    endpoint: Any, tags: Mapping[str, str] | None = None, component: Any | None = None
) -> EndpointJson:
    """Describe an endpoint.

    Args:
        endpoint: The endpoint as the SDK has it.
        tags: The tags of its default deployment.
        component: The component of that.
    """
    tags = tags or {}
    named = component_in(tags)
    owner = Owner.of(endpoint.tags or {})
    commit = Existing("endpoint", str(endpoint.name), properties=tags).commit
    addresses = addresses_in(getattr(component, "tags", None) or {})
    inputs = getattr(component, "inputs", None) or {}
    return EndpointJson(
        name=str(endpoint.name),
        scoring_uri=endpoint.scoring_uri,
        default=default_of(endpoint),
        component=":".join(named) if named else None,
        project=owner.project if owner else None,
        env=(owner.env or None) if owner else None,
        commit=commit.name if commit else None,
        dirty=commit.dirty if commit else None,
        inputs=[
            EndpointInputJson(
                name=name,
                type=str(given.type),
                default=addresses.get(name) or _text(getattr(given, "default", None)),
            )
            for name, given in inputs.items()
        ],
    )


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


SCHEMAS: dict[str, TypeAdapter[Any]] = {
    "endpoint": TypeAdapter(EndpointJson),
    "endpoints": TypeAdapter(list[EndpointJson]),
}
