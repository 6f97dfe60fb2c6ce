"""What every command that talks to Azure ML begins with; imports none of Azure's modules itself."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from kedro_azureml.cli.options.env import env_option

if TYPE_CHECKING:
    from kedro_azureml.azure.connect.client import Connection
    from kedro_azureml.azure.connect.target import Target
    from kedro_azureml.config import AzureMLConfig

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


def find_workspace(
    project_path: Path, env: str | None, params: Any = None, option: str | None = None
) -> Target:
    """The workspace that the option, azureml.yml or the environment names; it is printed."""
    return find_config(project_path, env, params, option)[1]


def find_config(
    project_path: Path, env: str | None, params: Any = None, option: str | None = None
) -> tuple[AzureMLConfig, Target]:
    """azureml.yml, and the workspace that is meant; it is printed."""
    from kedro_azureml.azure.connect.target import find_target
    from kedro_azureml.project.azureml_yml import read_config

    config = read_config(project_path, env, params)
    target = find_target(config, option)
    click.echo(f"Workspace: {target}", err=True)
    return config, target


def connect_to(metadata: Any, env: str | None, subscription_id: str | None) -> Connection:
    """A client that is logged in; what imports the SDK comes after this."""
    return connect_with_config(metadata, env, subscription_id)[1]


def connect_with_config(
    metadata: Any, env: str | None, subscription_id: str | None
) -> tuple[AzureMLConfig, Connection]:
    """azureml.yml, and a client that is logged in."""
    from kedro_azureml.azure.connect.installed import require_azure

    require_azure()
    logging.getLogger("kedro").setLevel(logging.WARNING)
    config, target = find_config(Path(metadata.project_path), env, None, subscription_id)
    from kedro_azureml.azure.connect.client import connect

    with quietly():
        connection = connect(target)
        connection.log_in()
    return config, connection


def ask_for_key() -> Callable[[str], str] | None:
    """Asks for the key of a storage account, unseen; None where nobody can answer."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return None

    def ask(account: str) -> str:
        question = f"Key of the storage account '{account}' (empty: by identity)"
        answer = click.prompt(question, default="", hide_input=True, show_default=False, err=True)
        return str(answer)

    return ask


def quietly() -> AbstractContextManager[None]:
    """Silence the SDK; see `kedro_azureml.azure.connect.silence`."""
    from kedro_azureml.azure.connect.silence import quiet

    return quiet()
