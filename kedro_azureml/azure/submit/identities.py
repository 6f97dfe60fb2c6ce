"""As whom steps are to act, against what their compute can be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kedro_azureml.azure.computes.spec import CLUSTER, KINDS
from kedro_azureml.azure.submit.places import Places
from kedro_azureml.diagnostics import Diagnostic
from kedro_azureml.formatting import listed
from kedro_azureml.job.model import PipelineJob, Step
from kedro_azureml.job.references import compute_name
from kedro_azureml.secrets.step_secrets import NAMES_VARIABLE


def check_identities(compute: Any, job: PipelineJob, places: Places) -> Iterator[Diagnostic]:
    """Report KAZ817 for the steps on a compute that cannot act as they are to.

    Args:
        compute: Azure ML's description of it.
        job: The document.
        places: Where the user edits what it names.
    """
    kind = str(compute.type).lower()
    default = job.settings.default_compute
    steps = {
        name: step
        for name, step in job.jobs.items()
        if compute_name(step.compute or default) == compute.name
    }
    submitters = [name for name, step in steps.items() if _identity(step) == "user_identity"]
    if submitters and kind != CLUSTER:
        where = places.of_identity(str(compute.name), f"jobs.{submitters[0]}.identity")
        yield Diagnostic(
            "KAZ817",
            f"{listed(submitters, 4)} cannot act as you (identity: user): '{compute.name}' is a "
            f"{KINDS.get(kind, kind)}, and Azure ML does that on compute clusters alone.",
            "Name a cluster, or leave the identity to the compute.",
            where=where,
        )
    if kind != CLUSTER or getattr(compute, "identity", None) is not None:
        return
    managed = [name for name, step in steps.items() if _identity(step) == "managed"]
    reading = [name for name, step in steps.items() if _reads_without_identity(step)]
    for names, what in ((managed, "are to act as"), (reading, "read secrets as")):
        if names:
            where = places.of_identity(str(compute.name), f"jobs.{names[0]}.identity")
            yield Diagnostic(
                "KAZ817",
                f"{listed(names, 4)} {what} the managed identity of the cluster "
                f"'{compute.name}', which has none.",
                "Give it one: create it with 'create.identity', or az ml compute update --name "
                f"{compute.name} --identity-type system_assigned. Or write identity: user.",
                severity="warning",
                where=where,
            )


def _identity(step: Step) -> str | None:
    kind = (step.identity or {}).get("type")
    return None if kind is None else str(kind)


def _reads_without_identity(step: Step) -> bool:
    return step.identity is None and NAMES_VARIABLE in step.variables
