"""Routing: a step's aliases, by the tags of its nodes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Literal

from kedro.pipeline.node import Node

from kedro_azureml.config import DEFAULT_ALIAS, ComputeConfig
from kedro_azureml.diagnostics import Diagnostic
from kedro_azureml.job.references import CURATED_ENVIRONMENT, AssetReference, compute_reference

DETERMINISTIC_TAG = "deterministic"
_KINDS = {"compute": "a compute alias", "environments": "an environment alias"}
# Refused at the start of an environment's name: docs/architecture/azureml-contracts.md#limits
_REFUSED_PREFIXES = ("microsoft", "azureml")


def alias_of(
    nodes: Iterable[Node],
    aliases: Iterable[str],
    section: Literal["compute", "environments"] = "compute",
) -> tuple[str, list[Diagnostic]]:
    """Return the alias of a step: the one tag of its nodes that is an alias, or the default.

    Args:
        nodes: The step's nodes.
        aliases: The names under the section.
        section: ``compute`` or ``environments``.

    Returns:
        The alias, and KAZ208 for every node that carries two.
    """
    known = set(aliases) - {DEFAULT_ALIAS}
    node_of: dict[str, str] = {}
    problems: list[Diagnostic] = []
    for node in nodes:
        own = sorted(known & set(node.tags))
        if len(own) > 1:
            named = " and ".join(f"'{alias}'" for alias in own)
            problems.append(
                Diagnostic(
                    "KAZ208",
                    f"The node '{node.name}' is tagged {named}, and each is {_KINDS[section]}.",
                    f"Leave the node one of these tags, or rename an alias in azure.{section}.",
                    where=f"azureml.yml azure.{section}",
                )
            )
        for alias in own:
            node_of[alias] = node.name
    return (next(iter(node_of)) if node_of else DEFAULT_ALIAS), problems


def compute_of(settings: ComputeConfig | None) -> str:
    """Return a compute as the document has it: serverless when nothing is named."""
    return compute_reference(settings.target if settings else None)


def check_environment(environment: str | dict[str, Any] | None, where: str) -> Iterator[Diagnostic]:
    """Report KAZ106 for none, KAZ401 for a name that the service refuses."""
    if environment is None:
        yield Diagnostic(
            "KAZ106",
            "No environment says in which image the steps run.",
            f"Write '{DEFAULT_ALIAS}: {{requirements: requirements.txt}}' under azure.environments "
            "in azureml.yml, or give --aml-env or --image.",
            where="azureml.yml azure.environments",
        )
        return
    if isinstance(environment, str):
        asset = AssetReference.parse(environment)
        if asset and asset.name.lower().startswith(_REFUSED_PREFIXES):
            yield Diagnostic(
                "KAZ401",
                f"'{asset.name}' cannot be an environment of a workspace: names that start with "
                "'Microsoft' or 'AzureML' are Azure's own.",
                "Name an environment of yours, or a curated one by its registry address "
                f"{CURATED_ENVIRONMENT}.",
                severity="warning",
                where=where,
            )
