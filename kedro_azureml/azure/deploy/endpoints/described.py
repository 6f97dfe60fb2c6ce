"""An endpoint in words that can be compared: what Azure ML has of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kedro_azureml.azure.deploy.endpoints.spec import EndpointSpec
from kedro_azureml.azure.deploy.facts import Facts, step_facts, value_text
from kedro_azureml.azure.deploy.model import CONTENT, Existing, Wanted, code_in, is_broken, state_of
from kedro_azureml.job.tags import ENDPOINT_TAG


@dataclass(frozen=True)
class EndpointDeployment:
    """A deployment of an endpoint.

    Attributes:
        tags: Its tags.
        state: How its creation stands, in Azure ML's words.
        compute: Where steps run that name no compute.
    """

    tags: Mapping[str, str] = field(default_factory=dict)
    state: str = ""
    compute: str | None = None


def described_deployment(deployment: Any) -> EndpointDeployment:
    """Describe a deployment that the SDK has listed."""
    properties = deployment.properties or {}
    return EndpointDeployment(
        dict(deployment.tags or {}),
        state_of(deployment),
        properties.get("default_compute"),
    )


def default_of(endpoint: Any) -> str | None:
    """Return the name of an endpoint's default deployment."""
    defaults = getattr(endpoint, "defaults", None)
    if isinstance(defaults, Mapping):
        name = defaults.get("deployment_name") or defaults.get("deploymentName")
    else:
        name = getattr(defaults, "deployment_name", None)
    return str(name) if name else None


def endpoint_details(spec: EndpointSpec) -> dict[str, str | None]:
    """Return what people see of an endpoint that shall be, beside its job."""
    return {
        "default": "yes" if spec.section.default else None,
        "description": spec.section.description,
    }


def existing_endpoint(
    endpoint: Any,
    deployments: Mapping[str, EndpointDeployment],
    component: Any | None,
    wanted: Wanted | None,
) -> Existing:
    """Describe an endpoint by the deployment that is wanted, or else by its default one.

    Args:
        endpoint: The endpoint as the SDK has it.
        deployments: Its deployments.
        component: The component of that deployment, if it was asked for.
        wanted: What shall be.
    """
    default = default_of(endpoint)
    spec: EndpointSpec | None = wanted.what if wanted else None
    own = spec.deployment if spec else None
    shown = own if own in deployments else default
    deployed = deployments.get(shown or "", EndpointDeployment())
    tags = dict(deployed.tags)
    is_default = default is not None and default == (own or default)
    description = str(endpoint.description or "")
    if spec and (
        # Whoever calls it without naming a deployment does not get what shall be.
        (spec.section.default and not is_default) or description != (spec.section.description or "")
    ):
        tags.pop(CONTENT, None)
    code, data = code_in(tags)
    details = {
        "default": "yes" if default and default == shown else None,
        "description": description,
    }
    states = [state_of(endpoint), deployed.state if shown == own else ""]
    if spec and not spec.section.default:
        details["default"] = None
    return Existing(
        "endpoint",
        str(endpoint.name),
        dict(endpoint.tags or {}),
        tags,
        Facts(
            {key: value for key, value in details.items() if value},
            _values(component),
            _steps(component, deployed.compute),
            code,
            data,
        ),
        # A deployment of other content is replaced, however it ended.
        state=next(filter(is_broken, states), "Succeeded"),
        others=tuple(sorted(n for n, d in deployments.items() if not _is_ours(d, endpoint))),
    )


def older_deployments(
    endpoint: Any, deployments: Mapping[str, EndpointDeployment], wanted: Wanted | None
) -> list[Existing]:
    """Describe the deployments of ours that nobody needs once the wanted one is the default."""
    spec: EndpointSpec | None = wanted.what if wanted else None
    if spec is None:
        return []
    kept = {spec.deployment, None if spec.section.default else default_of(endpoint)}
    return [
        Existing("deployment", f"{endpoint.name}/{name}", deployed.tags, deployed.tags)
        for name, deployed in deployments.items()
        if name not in kept and _is_ours(deployed, endpoint)
    ]


def _is_ours(deployed: EndpointDeployment, endpoint: Any) -> bool:
    return deployed.tags.get(ENDPOINT_TAG, "").lower() == str(endpoint.name).lower()


def _values(component: Any | None) -> dict[str, str]:
    inputs = getattr(component, "inputs", None) or {}
    return {
        name: value_text(given.default)
        for name, given in inputs.items()
        if getattr(given, "default", None) is not None
    }


def _steps(component: Any | None, default: str | None) -> dict[str, Any]:
    jobs = getattr(component, "jobs", None) or {}
    return {
        name: step_facts(step.compute or default, step.tags or {}) for name, step in jobs.items()
    }
