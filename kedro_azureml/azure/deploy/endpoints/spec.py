"""What an endpoint is made of, and the tags by which it is known again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kedro_azureml.azure.deploy.model import Owner, Wanted
from kedro_azureml.config.models.endpoints import EndpointConfig
from kedro_azureml.job.model import PipelineJob
from kedro_azureml.job.references import without_prefix
from kedro_azureml.job.tags import ENDPOINT_TAG, LONGEST_TAG

_COMPONENT_TAG = "kedro_component"
_EXPERIMENT_TAG = "kedro_experiment"
_INPUT_TAG = "kedro_input."
_VERSION_LENGTH = 12
_DEPLOYMENT = "kedro-"


@dataclass(frozen=True)
class EndpointSpec:
    """An endpoint of azureml.yml.

    Attributes:
        section: What azureml.yml says.
        tags: The tags of the endpoint.
        component: The name of the component that it runs.
        version: The version of it, from its content.
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


def deployment_tags(wanted: Wanted, document: Mapping[str, Any]) -> dict[str, str]:
    """Return the tags of a deployment: it has no properties that the SDK would send.

    Args:
        wanted: The endpoint.
        document: The job's document with the addresses of what was uploaded.
    """
    spec: EndpointSpec = wanted.what
    job = wanted.document
    addresses = {
        f"{_INPUT_TAG}{name}": str(value["path"])
        for name, value in document.get("inputs", {}).items()
        if isinstance(value, Mapping) and value.get("path")
    }
    experiment = {_EXPERIMENT_TAG: job.experiment_name} if job.experiment_name else {}
    tags = {
        **job.tags,
        **spec.tags,
        **wanted.properties,
        **job.properties,
        **experiment,
        _COMPONENT_TAG: f"{spec.component}:{spec.version}",
        **addresses,
    }
    return {key: value for key, value in tags.items() if len(value) <= LONGEST_TAG}


def component_in(tags: Mapping[str, str]) -> tuple[str, str] | None:
    """Return the name and the version of a deployment's component; None if it is not ours."""
    name, colon, version = tags.get(_COMPONENT_TAG, "").partition(":")
    return (name, version) if colon else None


def experiment_in(tags: Mapping[str, str]) -> str | None:
    """Return the experiment of the jobs that a deployment starts."""
    return tags.get(_EXPERIMENT_TAG)


def addresses_in(tags: Mapping[str, str]) -> dict[str, str]:
    """Return where the data lies that was uploaded with a deployment, by input."""
    return {
        key.removeprefix(_INPUT_TAG): value
        for key, value in tags.items()
        if key.startswith(_INPUT_TAG)
    }
