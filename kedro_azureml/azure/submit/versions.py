"""Pins what a document refers to by ``@latest`` to the version that this means now."""

from __future__ import annotations

from collections.abc import Iterator

from kedro_azureml.azure.connect.client import connect
from kedro_azureml.azure.connect.silence import quiet
from kedro_azureml.azure.connect.target import Target
from kedro_azureml.azure.submit.preflight import Resolved, resolve_references
from kedro_azureml.job.model import Input, PipelineJob
from kedro_azureml.job.references import AssetReference, without_prefix
from kedro_azureml.job.search import component_key
from kedro_azureml.secrets.step_secrets import NAMES_VARIABLE, VAULT_VARIABLE

# A property of the job: what each floating reference meant when it was resolved.
RESOLVED = "kedro_resolved"
_LONGEST_PROPERTY = 1_000


@quiet()
def pin_versions(job: PipelineJob, target: Target) -> PipelineJob:
    """Replace each floating reference to an environment or data asset by a fixed version.

    Raises:
        DiagnosticError: Everything of these that the workspace does not have, at once.
    """
    return resolve(job, resolve_references(connect(target), job))


def resolve(job: PipelineJob, resolved: Resolved) -> PipelineJob:
    """Replace each floating reference by what it means now, and note that in a property.

    Steps that read secrets from the workspace's own vault are told its address.
    """
    vault = {VAULT_VARIABLE: resolved.vault} if resolved.vault else {}
    steps = {
        name: step.with_variables(vault) if vault and NAMES_VARIABLE in step.variables else step
        for name, step in job.jobs.items()
    }
    data = job.model_copy(update={"jobs": steps}).model_dump(by_alias=True, exclude_none=True)
    floating = {r: now for r, now in resolved.references.items() if r != now}
    if floating:
        earlier = [job.properties[RESOLVED]] if RESOLVED in job.properties else []
        shown = earlier + [
            f"{without_prefix(r)} = {without_prefix(now)}" for r, now in sorted(floating.items())
        ]
        data.setdefault("properties", {})[RESOLVED] = ", ".join(shown)[:_LONGEST_PROPERTY]
    for step in data["jobs"].values():
        component = step[component_key(step)]
        environment = component.get("environment")
        if isinstance(environment, str):
            component["environment"] = resolved.references.get(environment, environment)
    for value in data.get("inputs", {}).values():
        if isinstance(value, dict) and "path" in value:
            value["path"] = resolved.references.get(value["path"], value["path"])
    return PipelineJob.model_validate(data)


def pinned_inputs(job: PipelineJob, resolved: PipelineJob) -> Iterator[str]:
    """Yield a line for each input whose address means a version only now."""
    for name, value in resolved.inputs.items():
        floating = job.inputs[name]
        if isinstance(value, Input) and isinstance(floating, Input) and value != floating:
            now = AssetReference.parse(str(value.path))
            which = f"version {now.version}" if now else str(value.path)
            yield f"Input '{name}': {without_prefix(str(floating.path))} is {which}"
