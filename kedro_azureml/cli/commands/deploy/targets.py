"""The workspaces that are deployed to, said before anything takes time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kedro_azureml.console.text import echo

if TYPE_CHECKING:
    from kedro_azureml.azure.connect.target import Target, WorkspaceChoice
    from kedro_azureml.azure.deploy.jobs import Named
    from kedro_azureml.config import AzureMLConfig


def targets_shown(config: AzureMLConfig, choice: WorkspaceChoice) -> dict[Target, Named]:
    """Say which workspaces are deployed to; see `by_target`."""
    from kedro_azureml.azure.connect.installed import require_azure
    from kedro_azureml.azure.deploy.targets import by_target

    require_azure()
    targets = by_target(config, choice)
    for target in targets:
        echo(f"Workspace: {target}", err=True)
    return targets
