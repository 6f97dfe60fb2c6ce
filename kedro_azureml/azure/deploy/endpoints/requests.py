"""Batch endpoints of the workspace: what is there, and how one is made, changed and removed."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import yaml
from azure.ai.ml import entities, load_component
from azure.core.exceptions import HttpResponseError

from kedro_azureml.azure.connect import sdk_private
from kedro_azureml.azure.connect.client import Connection
from kedro_azureml.azure.connect.datastore import use_storage
from kedro_azureml.azure.connect.errors import explained, is_missing
from kedro_azureml.azure.connect.silence import quiet
from kedro_azureml.azure.deploy.endpoints.described import (
    EndpointDeployment,
    default_of,
    described_deployment,
    existing_endpoint,
    older_deployments,
)
from kedro_azureml.azure.deploy.endpoints.spec import (
    EndpointSpec,
    component_in,
    component_tags,
    component_version,
    deployment_tags,
    job_tags,
)
from kedro_azureml.azure.deploy.model import CONTENT, Existing, Owner, Wanted, is_broken
from kedro_azureml.azure.submit.registration import PreparedJob
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError
from kedro_azureml.job.pipeline_component import pipeline_component

_CONFLICT = 409


@quiet()
def list_endpoints(connection: Connection) -> list[Any]:
    """Return the batch endpoints of the workspace.

    Raises:
        DiagnosticError: The workspace does not answer.
    """
    with explained("listing the endpoints"):
        try:
            return [e for e in connection.ml.batch_endpoints.list() if e is not None]
        except Exception as error:
            if is_missing(error):
                # A missing workspace is said so.
                connection.check()
            raise


@quiet()
def get_endpoint(connection: Connection, name: str) -> Any:
    """Return an endpoint as the SDK has it.

    Raises:
        DiagnosticError: KAZ735, there is none.
    """
    endpoint = _find(connection, name)
    if endpoint is None:
        raise DiagnosticError(
            Diagnostic(
                "KAZ735",
                f"The workspace has no batch endpoint '{name}'.",
                "'kedro azureml endpoint list' shows those that it has; 'kedro azureml deploy' "
                "makes those of azureml.yml.",
            )
        )
    return endpoint


def existing_endpoints(
    connection: Connection, wanted: Sequence[Wanted], owner: Owner
) -> list[Existing]:
    """Describe the endpoints of the workspace that are wanted, or of the owner.

    Raises:
        DiagnosticError: The workspace does not answer.
    """
    by_name = {item.name.lower(): item for item in wanted}
    found: list[Existing] = []
    for endpoint in list_endpoints(connection):
        item = by_name.get(str(endpoint.name).lower())
        if item is not None or owner.owns(endpoint.tags or {}):
            found += _described(connection, endpoint, item)
    return found


def find_existing_endpoint(
    connection: Connection, name: str, wanted: Wanted | None
) -> Existing | None:
    """Describe an endpoint; None when there is none."""
    endpoint = _find(connection, name)
    return None if endpoint is None else _described(connection, endpoint, wanted)[0]


def put_endpoint(connection: Connection, wanted: Wanted, job: PreparedJob) -> None:
    """Make or change an endpoint: its component, a deployment of it, and that as the default.

    Each is there before the next names it, and what there is already is not made again.

    Raises:
        DiagnosticError: KAZ736, its name is taken; Azure ML refuses it.
    """
    spec: EndpointSpec = wanted.what
    endpoint = _find(connection, wanted.name)
    if endpoint is None:
        endpoint = _make_endpoint(connection, wanted.name, spec)
    deployed = deployments_of(connection, wanted.name).get(spec.deployment, EndpointDeployment())
    if deployed.tags.get(CONTENT) != wanted.content or is_broken(deployed.state):
        _deploy(connection, wanted, job)
    changes = (endpoint.description or "") != (spec.section.description or "")
    if spec.section.default and default_of(endpoint) != spec.deployment:
        endpoint.defaults = {"deployment_name": spec.deployment}
        changes = True
    if changes:
        endpoint.description = spec.section.description
        with explained(f"making '{spec.deployment}' the default of '{wanted.name}'"):
            connection.ml.batch_endpoints.begin_create_or_update(endpoint).result()


def delete_endpoint(connection: Connection, name: str) -> None:
    """Delete an endpoint and its deployments; their components stay.

    Raises:
        DiagnosticError: Azure ML refuses.
    """
    with explained(f"deleting the endpoint '{name}'"):
        connection.ml.batch_endpoints.begin_delete(name).result()


def delete_deployment(connection: Connection, endpoint: str, name: str) -> None:
    """Delete a deployment; one that has become the default meanwhile stays.

    Raises:
        DiagnosticError: Azure ML refuses.
    """
    with explained(f"deleting the deployment '{name}' of '{endpoint}'"):
        connection.ml.batch_deployments.begin_delete(name, endpoint).result()


def deployments_of(connection: Connection, endpoint: str) -> dict[str, EndpointDeployment]:
    """Return an endpoint's deployments by their names."""
    with explained(f"looking up the deployments of '{endpoint}'"):
        return {
            str(each.name): described_deployment(each)
            for each in connection.ml.batch_deployments.list(endpoint)
        }


def default_deployment(connection: Connection, endpoint: Any) -> EndpointDeployment:
    """Return the default deployment of an endpoint, or one that is empty."""
    name = default_of(endpoint) or ""
    return deployments_of(connection, str(endpoint.name)).get(name, EndpointDeployment())


def component_of(connection: Connection, tags: Mapping[str, str]) -> Any | None:
    """Return the component of a deployment that has these tags; None if it is not ours."""
    named = component_in(tags)
    if named is None:
        return None
    name, version = named
    with explained(f"looking up the component '{name}'"):
        return connection.ml.components.get(name, version)


def _described(connection: Connection, endpoint: Any, wanted: Wanted | None) -> list[Existing]:
    deployed = deployments_of(connection, endpoint.name)
    existing = existing_endpoint(endpoint, deployed, None, wanted)
    if wanted is not None and existing.content != wanted.content:
        component = component_of(connection, existing.properties)
        existing = existing_endpoint(endpoint, deployed, component, wanted)
    return [existing, *older_deployments(endpoint, deployed, wanted)]


def _find(connection: Connection, name: str) -> Any | None:
    with explained(f"looking up the endpoint '{name}'"):
        try:
            return connection.ml.batch_endpoints.get(name)
        except Exception as error:
            if is_missing(error):
                # A missing workspace is said so.
                connection.check()
                return None
            raise


def _make_endpoint(connection: Connection, name: str, spec: EndpointSpec) -> Any:
    endpoint = entities.BatchEndpoint(
        name=name, description=spec.section.description, tags=dict(spec.tags)
    )
    with explained(f"creating the endpoint '{name}'"):
        try:
            return connection.ml.batch_endpoints.begin_create_or_update(endpoint).result()
        except HttpResponseError as error:
            if error.status_code == _CONFLICT:
                raise DiagnosticError(
                    Diagnostic(
                        "KAZ736",
                        f"The name '{name}' is taken: all workspaces of a region share the names "
                        "of endpoints.",
                        "Give the endpoint another name under azure.endpoints.",
                        where=f"azureml.yml azure.endpoints.{name}",
                    )
                ) from error
            raise


def _deploy(connection: Connection, wanted: Wanted, job: PreparedJob) -> None:
    spec: EndpointSpec = wanted.what
    tags = component_tags(wanted, job.document)
    document = pipeline_component(wanted.document, spec.component, tags, job.document["jobs"])
    version = component_version(document)
    with explained("reading the component"):
        text = yaml.safe_dump({**document, "version": version}, sort_keys=False, allow_unicode=True)
        origin = str(job.base / "component.yml")
        component = load_component(io.StringIO(str(text)), relative_origin=origin)
    made = use_storage(
        connection,
        f"registering the component '{spec.component}'",
        lambda: connection.ml.components.create_or_update(component),
    )
    deployment = entities.PipelineComponentBatchDeployment(
        name=spec.deployment,
        endpoint_name=wanted.name,
        component=str(made.id),
        settings=dict(spec.settings),
        description=spec.section.description,
        tags=deployment_tags(wanted, version),
    )
    sdk_private.give_tags_to_jobs(deployment, job_tags(wanted))
    with explained(f"deploying the endpoint '{wanted.name}'"):
        connection.ml.batch_deployments.begin_create_or_update(deployment).result()
