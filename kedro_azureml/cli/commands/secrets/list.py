"""``kedro azureml secrets list``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from kedro_azureml.cli.errors import friendly
from kedro_azureml.cli.options.json import json_option, print_json
from kedro_azureml.cli.options.secrets import open_vault_of, vault_option
from kedro_azureml.cli.options.workspace import workspace_options
from kedro_azureml.console.activity import activity
from kedro_azureml.console.text import echo
from kedro_azureml.diagnostics import DiagnosticError

if TYPE_CHECKING:
    from kedro_azureml.azure.connect.target import WorkspaceChoice


@click.command("list")
@vault_option
@json_option
@workspace_options
@click.pass_obj
@friendly
def list_(
    metadata: Any,
    /,
    vault: str | None,
    as_json: bool,
    env: str | None,
    workspace: WorkspaceChoice,
) -> None:
    """List the secrets of the vault by name: which are read by steps, which are disabled."""
    config, opened = open_vault_of(metadata, env, workspace, vault)
    from kedro_azureml.azure.secrets.vaults import as_diagnostic
    from kedro_azureml.config.models.secrets import all_secrets
    from kedro_azureml.secrets.names import vault_name
    from kedro_azureml.secrets.vault import stored_secrets
    from kedro_azureml.secrets.vault_errors import VaultError

    try:
        with activity("Asking the vault"):
            stored = stored_secrets(opened)
    except VaultError as error:
        raise DiagnosticError(as_diagnostic(error)) from error
    named = {vault_name(n).lower(): n for each in all_secrets(config.azure).values() for n in each}
    rows = [
        {
            "variable": named.get(key) or secret.variable,
            "name": secret.name,
            "enabled": secret.enabled,
            "read_by_steps": key in named,
        }
        for key, secret in sorted(stored.items())
    ]
    if as_json:
        print_json({"vault": opened.name, "secrets": rows})
        return
    width = max((len(str(row["name"])) for row in rows), default=0)
    for row in rows:
        notes = [str(row["variable"])] if row["read_by_steps"] else ["no step's"]
        notes += [] if row["enabled"] else ["disabled"]
        echo(f"{row['name']:<{width}}  {', '.join(notes)}")
    if not rows:
        click.echo("The vault has no secrets.")
