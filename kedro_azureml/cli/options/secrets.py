"""What the commands for secrets share."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from kedro_azureml.cli.options.workspace import connect_with_config
from kedro_azureml.cli.questions import is_interactive
from kedro_azureml.console.activity import activity
from kedro_azureml.console.text import echo
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError

if TYPE_CHECKING:
    from kedro_azureml.azure.connect.target import WorkspaceChoice
    from kedro_azureml.config import AzureMLConfig
    from kedro_azureml.secrets.vault import Vault

_Function = TypeVar("_Function", bound=Callable[..., Any])


def vault_option(function: _Function) -> _Function:
    """Add ``--vault``."""
    return click.option(
        "--vault",
        help="Key vault, by its name or address.  [default: azure.secrets.vault, else the "
        "workspace's own]",
    )(function)


def yes_option(function: _Function) -> _Function:
    """Add ``--yes``."""
    return click.option("-y", "--yes", is_flag=True, help="Do not ask.")(function)


def open_vault_of(
    metadata: Any, env: str | None, workspace: WorkspaceChoice, option: str | None
) -> tuple[AzureMLConfig, Vault]:
    """Read azureml.yml, and open the vault of the option or of ``azure.secrets``."""
    if option is not None:
        _check_vault(option)
    config, connection = connect_with_config(metadata, env, workspace)
    from kedro_azureml.azure.connect.silence import quiet
    from kedro_azureml.azure.secrets.vaults import find_vault

    named = option or (config.azure.secrets.vault if config.azure.secrets else None)
    with activity("Asking Azure ML"), quiet():
        vault = find_vault(connection, named)
    echo(f"Vault: {vault.name}" + ("" if named else " (the workspace's own)"), err=True)
    return config, vault


def may_change(question: str, yes: bool, doing: str) -> bool:
    """Ask whoever sits at the terminal, unless there is a yes already.

    Raises:
        DiagnosticError: KAZ108, nobody can answer.
    """
    if yes:
        return True
    if not is_interactive():
        message = f"{doing} needs a yes, and there is no terminal to ask on."
        raise DiagnosticError(Diagnostic("KAZ108", message, "Give --yes.", where="--yes"))
    return click.confirm(question, err=True)


def _check_vault(value: str) -> None:
    from kedro_azureml.config.models.secrets import check_vault
    from kedro_azureml.config.models.values import BadValueError

    try:
        check_vault(value)
    except BadValueError as error:
        raise DiagnosticError(
            Diagnostic("KAZ107", error.message, error.remedy, where="--vault")
        ) from None
