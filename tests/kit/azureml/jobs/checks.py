"""What the service looks at when a job is submitted, and what it finds wrong."""

from __future__ import annotations

import re

from tests.kit.azureml.http.messages import Json
from tests.kit.azureml.runner.sampling import problem_of_sweep
from tests.kit.azureml.workspace.assets import Assets
from tests.kit.azureml.workspace.limits import problem_of_properties
from tests.kit.azureml.workspace.workspace import Workspace


def problem_of(name: str, properties: Json, workspace: Workspace, assets: Assets) -> str | None:
    """What is wrong with a job that is to be made."""
    if (limit := problem_of_properties(properties)) is not None:
        return limit
    if not re.fullmatch(r"[A-Za-z0-9][\w-]{0,254}", name):
        return f"The job name {name} is not valid."
    nodes: dict[str, Json] = properties.get("jobs") or {}
    if properties["jobType"] == "Pipeline" and not nodes:
        return "The pipeline job has no steps."
    for step, node in nodes.items():
        if assets.find(component_of(node)) is None:
            return f"The component of step {step} does not exist: {component_of(node)}"
        if node.get("type") == "sweep":
            component = assets.find(component_of(node)) or {}
            inputs = component["componentSpec"].get("inputs") or {}
            problem = problem_of_sweep(node, inputs)
            if problem is not None:
                return f"Step {step}: {problem}"
        compute = compute_of(properties, node)
        if compute not in {*workspace.computes, "serverless"}:
            return f"Unknown compute target '{compute}' of step {step}."
        identity = identity_of(properties, node)
        kind = workspace.computes.get(compute, {}).get("computeType")
        if identity == "UserIdentity" and kind == "Kubernetes":
            return f"User identity is not supported on the Kubernetes compute of step {step}."
    return None


def component_of(node: Json) -> str:
    """The id of the component that a step runs, or each trial of a sweep step."""
    return str((node.get("trial") or node).get("componentId"))


def compute_of(job: Json, node: Json) -> str:
    """The name of the compute that a step runs on."""
    default = (job.get("settings") or {}).get("default_compute") or job.get("computeId")
    return str(node.get("computeId") or default or "").rpartition("/")[2]


def identity_of(job: Json, node: Json) -> str | None:
    """The kind of identity that a step asks for, by itself or by its job."""
    own, common = node.get("identity") or {}, job.get("identity") or {}
    kind = own.get("identity_type") or own.get("type") or common.get("identityType")
    names = {"user_identity": "UserIdentity", "managed": "Managed", "aml_token": "AMLToken"}
    return names.get(str(kind), kind)
