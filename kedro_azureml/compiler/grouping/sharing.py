"""Checks of groups: nodes that need different machines may not share a step."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from kedro_azureml.compiler.grouping.groups import Group
from kedro_azureml.compiler.placement import routing
from kedro_azureml.compiler.placement.distribution import is_distributed
from kedro_azureml.compiler.request import CompileRequest
from kedro_azureml.config import AzureConfig, AzureMLConfig
from kedro_azureml.config.models.section import Section
from kedro_azureml.diagnostics import Diagnostic
from kedro_azureml.distributed.sharding import sharding_of
from kedro_azureml.formatting import listed

_SHOWN = 3


def check_sharing(
    groups: Iterable[Group], request: CompileRequest, config: AzureMLConfig
) -> Iterator[Diagnostic]:
    """Report KAZ233 for two computes or environments, KAZ234 and KAZ236 for a node alone."""
    azure = config.azure
    where = "--group-by" if request.group_by else "azureml.yml azure.grouping"
    for group in groups:
        if len(group.nodes) > 1:
            yield from _alone(group, where)
            if request.compute_alias is None:
                yield from _mixed(group, "compute", "computes", azure, where)
            if not (request.environment_alias or request.environment or request.image):
                yield from _mixed(group, "environments", "environments", azure, where)


def _alone(group: Group, where: str) -> Iterator[Diagnostic]:
    """Report the nodes that have to have a step of their own."""
    for node in group.nodes:
        others = [other.name for other in group.nodes if other is not node]
        shares = f"'{node.name}' would share the step '{group.name}' with {listed(others, _SHOWN)}"
        remedy = "Group so that the node has a step of its own."
        if is_distributed(node):
            message = f"{shares}, which would then run once in each of its processes."
            yield Diagnostic("KAZ234", f"The distributed node {message}", remedy, where=where)
        elif sharding_of(node.func) is not None:
            message = f"{shares}, which would then run once in each of its shards."
            yield Diagnostic("KAZ236", f"The sharded node {message}", remedy, where=where)


def _mixed(
    group: Group,
    section: Literal["compute", "environments"],
    kind: str,
    azure: AzureConfig,
    where: str,
) -> Iterator[Diagnostic]:
    """Report KAZ233, if the nodes' aliases differ and do not say the same."""
    chosen: dict[str, tuple[str, list[str]]] = {}
    for node in group.nodes:
        if section == "compute":
            alias, _ = routing.alias_of([node], azure.compute)
            settings: Section | None = azure.compute_settings(alias)
        else:
            alias, _ = routing.alias_of([node], azure.environments, section)
            settings = azure.environments.get(alias)
        same = settings.model_dump_json() if settings else ""
        chosen.setdefault(same, (alias, []))[1].append(node.name)
    if len(chosen) < 2:
        return
    key = section.removesuffix("s")
    parts = " and ".join(f"'{name}' for {listed(nodes, _SHOWN)}" for name, nodes in chosen.values())
    yield Diagnostic(
        "KAZ233",
        f"The step '{group.name}' would need {_number(len(chosen))} {kind}: {parts}.",
        f"Group so that these nodes are apart, let their aliases under azure.{section} say the "
        f"same, or name one for all in a job (azure.jobs.NAME.{key}).",
        where=where,
    )


def _number(count: int) -> str:
    return "two" if count == 2 else str(count)
