"""What every command that talks to Azure ML begins with; imports none of Azure's modules itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from kedro_azureml.cli.options.env import env_option
from kedro_azureml.console.activity import activity
from kedro_azureml.console.text import echo
from kedro_azureml.kedro_log import silence_kedro

if TYPE_CHECKING:
    from kedro_azureml.azure.connect.client import Connection
    from kedro_azureml.azure.connect.target import Entry, Target, WorkspaceChoice
    from kedro_azureml.config import AzureMLConfig
    from kedro_azureml.project import Project

_Function = TypeVar("_Function", bound=Callable[..., Any])


TARGET_OPTIONS = frozenset(
    {"subscription_id", "workspace_alias", "resource_group", "workspace_name"}
)


def target_options(function: _Function) -> _Function:
    """Add ``-s``, ``-w``, ``-g`` and ``--workspace-name``; `choice_of` reads them."""
    options = (
        click.option(
            "-s",
            "--subscription-id",
            help="Azure subscription of the workspace.  [default: azureml.yml's, else "
            "AZURE_SUBSCRIPTION_ID]",
        ),
        click.option(
            "-w",
            "--workspace",
            "workspace_alias",
            metavar="ALIAS",
            help="Workspace of azureml.yml, under azure.workspaces.",
        ),
        click.option("-g", "--resource-group", help="Resource group.  [default: azureml.yml's]"),
        click.option("--workspace-name", help="Name of the workspace.  [default: azureml.yml's]"),
    )
    return reduce(lambda decorated, option: option(decorated), reversed(options), function)


def choice_of(options: dict[str, Any]) -> WorkspaceChoice:
    """Take the values of `target_options` out of a command's options."""
    from kedro_azureml.azure.connect.target import WorkspaceChoice

    return WorkspaceChoice(
        options.pop("subscription_id"),
        options.pop("workspace_alias"),
        options.pop("resource_group"),
        options.pop("workspace_name"),
    )


def workspace_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``-e/--env`` as `env`, and `target_options` as `workspace`, all in one."""

    @wraps(function)
    def with_choice(*args: Any, **options: Any) -> Any:
        return function(*args, workspace=choice_of(options), **options)

    return env_option(target_options(with_choice))


def open_project(metadata: Any, env: str | None) -> Project:
    """Make the project that a command works on; it is loaded as far as it is asked."""
    from kedro_azureml.project import Project

    silence_kedro()
    return Project(Path(metadata.project_path), env)


def find_config(
    project: Project,
    params: Mapping[str, Any],
    choice: WorkspaceChoice | None = None,
    *,
    of: tuple[Entry, str | None] | None = None,
) -> tuple[AzureMLConfig, Target]:
    """Read azureml.yml, and print which workspace the options or the file name.

    Args:
        project: The project.
        params: Runtime parameters.
        choice: The options.
        of: A job, a schedule or an endpoint of azureml.yml, which may name a workspace.
    """
    from kedro_azureml.azure.connect.installed import require_azure
    from kedro_azureml.azure.connect.target import find_target, named_workspace

    require_azure()
    config = project.required_config(params)
    target = find_target(config, choice, alias=named_workspace(config, *of) if of else None)
    echo(f"Workspace: {target}", err=True)
    return config, target


def connect_to(
    metadata: Any,
    env: str | None,
    choice: WorkspaceChoice,
    of: tuple[Entry, str | None] | None = None,
) -> Connection:
    """Make a client that is logged in; what imports the SDK comes after this."""
    return connect_with_config(metadata, env, choice, of)[1]


def connect_with_config(
    metadata: Any,
    env: str | None,
    choice: WorkspaceChoice,
    of: tuple[Entry, str | None] | None = None,
) -> tuple[AzureMLConfig, Connection]:
    """Read azureml.yml, and make a client that is logged in."""
    config, target = find_config(open_project(metadata, env), {}, choice, of=of)
    with activity("Loading the Azure SDK"):
        from kedro_azureml.azure.connect.client import open_workspace
    with activity("Logging in"):
        return config, open_workspace(target)
