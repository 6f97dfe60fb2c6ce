"""Which nodes may not share a step: those that need different machines."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from functools import partial
from typing import Any

from kedro.pipeline.node import Node

from kedro_azureml.compiler import routing
from kedro_azureml.compiler.grouping import Group
from kedro_azureml.config import AzureMLConfig
from kedro_azureml.diagnostics import Diagnostic

# What `kedro_azureml.distributed` leaves on the functions that it decorates.
DISTRIBUTED_MARK = "__kedro_azureml_distributed__"
_SHOWN = 3


def is_distributed(node: Node) -> bool:
    """Whether a node runs as several processes, perhaps on several machines."""
    function: Any = node.func
    while isinstance(function, partial):
        function = function.func
    return getattr(function, DISTRIBUTED_MARK, None) is not None


def check_sharing(groups: Iterable[Group], config: AzureMLConfig) -> Iterator[Diagnostic]:
    """KAZ222 for two computes or environments in a step, KAZ223 for a distributed node in it."""
    for group in groups:
        if len(group.nodes) > 1:
            yield from _distributed(group)
            yield from _mixed(
                group, "computes", "azure.compute", lambda node: _compute(node, config)
            )
            yield from _mixed(
                group,
                "environments",
                "azure.environments",
                lambda node: _environment(node, config),
            )


def _distributed(group: Group) -> Iterator[Diagnostic]:
    for node in group.nodes:
        if is_distributed(node):
            others = [other.name for other in group.nodes if other is not node]
            yield Diagnostic(
                "KAZ223",
                f"The distributed node '{node.name}' would share the step '{group.name}' with "
                f"{_listed(others)}, which would then run once in each of its processes.",
                "Group so that the node has a step of its own.",
                where="azureml.yml azure.grouping",
            )


def _mixed(
    group: Group, what: str, section: str, choice: Callable[[Node], tuple[Hashable, str]]
) -> Iterator[Diagnostic]:
    """KAZ222, if the nodes' choices differ; a choice is what is compared and what it is called."""
    chosen: dict[Hashable, tuple[str, list[str]]] = {}
    for node in group.nodes:
        key, name = choice(node)
        chosen.setdefault(key, (name, []))[1].append(node.name)
    if len(chosen) < 2:
        return
    parts = " and ".join(f"'{name}' for {_listed(nodes)}" for name, nodes in chosen.values())
    yield Diagnostic(
        "KAZ222",
        f"The step '{group.name}' would need {_number(len(chosen))} {what}: {parts}.",
        f"Group so that these nodes are apart, or let their aliases under {section} say the same.",
        where="azureml.yml azure.grouping",
    )


def _compute(node: Node, config: AzureMLConfig) -> tuple[Hashable, str]:
    alias, _ = routing.alias_of([node], config.azure.compute)
    settings = config.azure.compute_settings(alias)
    return settings and settings.model_dump_json(), alias


def _environment(node: Node, config: AzureMLConfig) -> tuple[Hashable, str]:
    alias, _ = routing.alias_of([node], config.azure.environments, "environments")
    entry = config.azure.environments.get(alias)
    return entry and entry.model_dump_json(), alias


def _number(count: int) -> str:
    return "two" if count == 2 else str(count)


def _listed(names: list[str]) -> str:
    shown = ", ".join(f"'{name}'" for name in names[:_SHOWN])
    return f"{shown} and {len(names) - _SHOWN} more" if len(names) > _SHOWN else shown
