"""As whom the steps of a job act, as far as the document can tell whether they can."""

from __future__ import annotations

from collections.abc import Iterator

from kedro_azureml.compiler.placement.computes import Placements
from kedro_azureml.config import AzureMLConfig
from kedro_azureml.diagnostics import Diagnostic
from kedro_azureml.formatting import listed


def check_mixed_identities(placements: Placements, config: AzureMLConfig) -> Iterator[Diagnostic]:
    """Report KAZ817 for a job in which some steps act as the submitter, others as their compute.

    docs/architecture/azureml-capabilities.md#5-identity-and-secrets
    """
    steps: dict[str, dict[str, str]] = {"user_identity": {}, "managed": {}}
    for name, placed in placements.of.items():
        kind = (placed.identity or {}).get("type")
        if kind in steps:
            steps[kind][name] = placed.compute_alias
    as_user, managed = steps.values()
    if as_user and managed:
        yield Diagnostic(
            "KAZ817",
            f"The job has steps that act as you (identity: user: {listed(list(as_user), 4)}) and "
            f"others that act as their compute (identity: managed: {listed(list(managed), 4)}), "
            "which Azure ML does not allow.",
            "Give all of them one kind of identity.",
            where=config.compute_place(next(iter(as_user.values())), "identity"),
        )
