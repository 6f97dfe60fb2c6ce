"""What every command that talks to Azure ML begins with; imports none of Azure's modules itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from kedro_azureml.cli.options.env import env_option
from kedro_azureml.console.activity import activity
from kedro_azureml.console.text import echo
from kedro_azureml.kedro_log import silence_kedro

if TYPE_CHECKING:
    from kedro_azureml.azure.connect.client import Connection
    from kedro_azureml.azure.connect.target import Target
    from kedro_azureml.config import AzureMLConfig
    from kedro_azureml.project import Project

_Function = TypeVar("_Function", bound=Callable[..., Any])


def subscription_option(function: _Function) -> _Function:
    """Add ``-s/--subscription-id``."""
    return click.option(
        "-s",
        "--subscription-id",
        help="Azure subscription of the workspace.  [default: azureml.yml's, else "
        "AZURE_SUBSCRIPTION_ID]",
    )(function)


def workspace_options(function: _Function) -> _Function:
    """Add ``-e/--env`` and ``-s/--subscription-id``."""
    options = (env_option, subscription_option)
    return reduce(lambda decorated, option: option(decorated), reversed(options), function)


def open_project(metadata: Any, env: str | None) -> Project:
    """Make the project that a command works on; it is loaded as far as it is asked."""
    from kedro_azureml.project import Project

    silence_kedro()
    return Project(Path(metadata.project_path), env)


def find_config(
    project: Project, params: Mapping[str, Any], option: str | None = None
) -> tuple[AzureMLConfig, Target]:
    """Read azureml.yml, and print which workspace the option or the file names."""
    from kedro_azureml.azure.connect.installed import require_azure
    from kedro_azureml.azure.connect.target import find_target

    require_azure()
    config = project.required_config(params)
    target = find_target(config, option)
    echo(f"Workspace: {target}", err=True)
    return config, target


def connect_to(metadata: Any, env: str | None, subscription_id: str | None) -> Connection:
    """Make a client that is logged in; what imports the SDK comes after this."""
    return connect_with_config(metadata, env, subscription_id)[1]


def connect_with_config(
    metadata: Any, env: str | None, subscription_id: str | None
) -> tuple[AzureMLConfig, Connection]:
    """Read azureml.yml, and make a client that is logged in."""
    config, target = find_config(open_project(metadata, env), {}, subscription_id)
    with activity("Loading the Azure SDK"):
        from kedro_azureml.azure.connect.client import open_workspace
    with activity("Logging in"):
        return config, open_workspace(target)
