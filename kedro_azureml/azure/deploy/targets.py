"""Which workspace each thing that is deployed belongs to. Imports nothing of Azure's."""

from __future__ import annotations

from kedro_azureml.azure.connect.target import (
    Target,
    WorkspaceChoice,
    find_target,
    named_workspace,
)
from kedro_azureml.azure.deploy.jobs import Named
from kedro_azureml.config import AzureMLConfig


def by_target(config: AzureMLConfig, choice: WorkspaceChoice) -> dict[Target, Named]:
    """Return what of azureml.yml is deployed to which workspace.

    Without `-w` each schedule and endpoint goes to the workspace that it, or its job, names. The
    workspace of all others is among them even if there are none, because it may hold some that
    azureml.yml has no more.

    Raises:
        DiagnosticError: Nothing says which workspace that is.
    """
    azure = config.azure
    schedules = {name: named_workspace(config, "schedules", name) for name in azure.schedules}
    endpoints = {name: named_workspace(config, "endpoints", name) for name in azure.endpoints}
    aliases = [*schedules.values(), *endpoints.values()]
    if choice.alias or choice.name or azure.workspace_name or not aliases:
        aliases = [None, *aliases]
    found: dict[Target, Named] = {}
    for alias in dict.fromkeys(aliases):
        target = find_target(config, choice, alias=alias)
        before = found.get(target, Named())
        found[target] = Named(
            (*before.schedules, *(name for name, own in schedules.items() if own == alias)),
            (*before.endpoints, *(name for name, own in endpoints.items() if own == alias)),
        )
    return found
