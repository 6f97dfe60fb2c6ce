"""What an endpoint is made of, and the tags and properties by which it is known again.

Endpoints and their deployments are resources of Azure, whose tags hold 256 characters each and have
names that must not begin in certain ways. So what may be long, or is a user's, belongs to the
component, whose tags are Azure ML's own.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kedro_azureml.azure.deploy.model import Owner, Wanted
from kedro_azureml.config.models.endpoints import EndpointConfig
from kedro_azureml.job.long_text import from_properties, in_properties
from kedro_azureml.job.model import PipelineJob
from kedro_azureml.job.references import without_prefix
from kedro_azureml.job.tags import ENDPOINT_TAG

_COMPONENT_TAG = "kedro_component"
_EXPERIMENT = "kedro_azureml.experiment"
_ADDRESSES = "kedro_azureml.addresses"
_VERSION_LENGTH = 12
_DEPLOYMENT = "kedro-"


@dataclass(frozen=True)
class EndpointSpec:
    """An endpoint of azureml.yml.

    Attributes:
        section: What azureml.yml says.
        tags: The tags of the endpoint.
        component: The name of the component that it runs.
        version: A hash of all that the job is made of, after which the deployment is named.
        settings: Those of the job that it starts.
    """

    section: EndpointConfig
    tags: Mapping[str, str]
    component: str
    version: str
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def deployment(self) -> str:
        """The name of the deployment: another content is another deployment."""
        return f"{_DEPLOYMENT}{self.version}"


def make_spec(
    name: str, section: EndpointConfig, job: PipelineJob, content: str, owner: Owner
) -> EndpointSpec:
    """Describe an endpoint.

    Args:
        name: Its name.
        section: What azureml.yml says.
        job: The job that it starts.
        content: A hash of all that the job is made of.
        owner: Whose it is.
    """
    compute = job.settings.default_compute
    settings = {
        "default_compute": without_prefix(compute) if compute else None,
        "default_datastore": job.settings.default_datastore,
        "continue_on_step_failure": job.settings.continue_on_step_failure,
        "force_rerun": job.settings.force_rerun,
    }
    return EndpointSpec(
        section,
        {ENDPOINT_TAG: name, **owner.tags},
        name.lower().replace("-", "_"),
        content[:_VERSION_LENGTH],
        {key: value for key, value in settings.items() if value is not None},
    )


def deployment_tags(wanted: Wanted, version: str) -> dict[str, str]:
    """Return the tags of a deployment: it has no properties that the SDK would send.

    Args:
        wanted: The endpoint.
        version: The version of its component.
    """
    spec: EndpointSpec = wanted.what
    return {**spec.tags, **wanted.properties, _COMPONENT_TAG: f"{spec.component}:{version}"}


def job_tags(wanted: Wanted) -> dict[str, str]:
    """Return the tags of the jobs that an endpoint starts, by which they are known again.

    They have no properties that say which of their inputs are parameters.
    """
    job = wanted.document
    return {**job.tags, ENDPOINT_TAG: wanted.name, **job.properties}


def component_tags(wanted: Wanted, document: Mapping[str, Any]) -> dict[str, str]:
    """Return the tags of a component, with what a call of the endpoint has to know.

    The SDK sends properties too, and does not read them again.

    Args:
        wanted: The endpoint.
        document: The job's document with the addresses of what was uploaded.
    """
    job = wanted.document
    addresses = {
        name: str(value["path"])
        for name, value in document.get("inputs", {}).items()
        if isinstance(value, Mapping) and value.get("path")
    }
    return {
        **job.tags,
        **job.properties,
        **({_EXPERIMENT: job.experiment_name} if job.experiment_name else {}),
        **in_properties(_ADDRESSES, json.dumps(addresses)),
    }


def component_version(document: Mapping[str, Any]) -> str:
    """Return the version of a component, from its content.

    With the same content another commit makes another component, whose steps say so.

    Args:
        document: The component's document without its version.
    """
    text = json.dumps(document, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:_VERSION_LENGTH]


def component_in(tags: Mapping[str, str]) -> tuple[str, str] | None:
    """Return the name and the version of a deployment's component; None if it is not ours."""
    name, colon, version = tags.get(_COMPONENT_TAG, "").partition(":")
    return (name, version) if colon else None


def experiment_in(tags: Mapping[str, str]) -> str | None:
    """Return the experiment of the jobs that a component is run by."""
    return tags.get(_EXPERIMENT)


def addresses_in(tags: Mapping[str, str]) -> dict[str, str]:
    """Return where the data lies that was uploaded with a component, by input."""
    addresses: dict[str, str] = json.loads(from_properties(_ADDRESSES, tags) or "{}")
    return addresses
