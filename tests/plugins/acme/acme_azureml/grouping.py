"""Groupings: one that works, and two that do not."""

from __future__ import annotations

from kedro_azureml.compiler.grouping.strategy import GroupingRequest


def by_team(request: GroupingRequest) -> dict[str, str]:
    """The nodes of a team share a step: tags such as ``team.sales``."""
    prefix = request.config.options.get("prefix", "team.")
    return {
        node.name: tag.removeprefix(prefix)
        for node in request.pipeline.nodes
        for tag in sorted(node.tags)
        if tag.startswith(prefix)
    }


def failing(request: GroupingRequest) -> dict[str, str]:
    """Fails as code does that was written for another project."""
    return {node.name: {"ann": "sales"}[node.name] for node in request.pipeline.nodes}


def wrong(request: GroupingRequest) -> dict[str, str]:
    """Labels what is no node."""
    return {"nobody": request.name}
