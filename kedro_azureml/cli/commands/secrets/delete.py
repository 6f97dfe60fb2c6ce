"""``kedro azureml secrets delete``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from kedro_azureml.cli.errors import EXIT_FAILED, friendly
from kedro_azureml.cli.options.secrets import may_change, open_vault_of, vault_option, yes_option
from kedro_azureml.cli.options.workspace import workspace_options
from kedro_azureml.console.activity import activity
from kedro_azureml.console.text import echo
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError, nearest
from kedro_azureml.formatting import listed

if TYPE_CHECKING:
    from kedro_azureml.azure.connect.target import WorkspaceChoice


@click.command("delete")
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@vault_option
@yes_option
@workspace_options
@click.pass_obj
@friendly
def delete(
    metadata: Any,
    /,
    names: tuple[str, ...],
    vault: str | None,
    yes: bool,
    env: str | None,
    workspace: WorkspaceChoice,
) -> None:
    """Delete secrets by their variables or names; the vault keeps them for a while."""
    _, opened = open_vault_of(metadata, env, workspace, vault)
    from kedro_azureml.azure.secrets.vaults import as_diagnostic
    from kedro_azureml.secrets.names import vault_name
    from kedro_azureml.secrets.vault import delete_secret, stored_secrets
    from kedro_azureml.secrets.vault_errors import VaultError

    try:
        with activity("Asking the vault"):
            stored = {
                secret.name.lower(): secret.name for secret in stored_secrets(opened).values()
            }
        for name in names:
            if vault_name(name).lower() not in stored:
                message = f"The vault '{opened.name}' has no secret '{vault_name(name)}'."
                remedy = f"{nearest(vault_name(name), stored.values())} Nothing was deleted."
                raise DiagnosticError(Diagnostic("KAZ813", message, remedy.strip()))
        chosen = [stored[vault_name(name).lower()] for name in dict.fromkeys(names)]
        question = f"Delete {listed(chosen, 8)} from '{opened.name}', for everyone who reads it?"
        if not may_change(question, yes, f"Deleting from the vault '{opened.name}'"):
            click.echo("Nothing was deleted.", err=True)
            raise click.exceptions.Exit(EXIT_FAILED)
        for name in chosen:
            delete_secret(opened, name)
            echo(f"Deleted '{name}'; the vault keeps it for as long as its owner chose.")
    except VaultError as error:
        raise DiagnosticError(as_diagnostic(error)) from error
