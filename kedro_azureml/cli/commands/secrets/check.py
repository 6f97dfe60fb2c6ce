"""``kedro azureml secrets check``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from kedro_azureml.cli.errors import EXIT_FAILED, friendly
from kedro_azureml.cli.options.json import json_option, print_json
from kedro_azureml.cli.options.workspace import connect_with_config, workspace_options
from kedro_azureml.console.activity import activity
from kedro_azureml.console.findings import print_diagnostics
from kedro_azureml.console.text import echo

if TYPE_CHECKING:
    from kedro_azureml.azure.connect.target import WorkspaceChoice

_MAY = {True: "may read", False: "may not read", None: "nobody tells whether it may read"}


@click.command("check")
@json_option
@workspace_options
@click.pass_obj
@friendly
def check(metadata: Any, /, as_json: bool, env: str | None, workspace: WorkspaceChoice) -> None:
    """Check that the vaults have what steps read, and that the steps may read it."""
    config, connection = connect_with_config(metadata, env, workspace)
    from kedro_azureml.azure.secrets.checking import check_vaults

    with activity("Asking the vaults"):
        vaults = check_vaults(connection, config)
    findings = [finding for vault in vaults for finding in vault.findings]
    if as_json:
        print_json(
            [
                {
                    "vault": vault.name,
                    "secrets": list(vault.secrets),
                    "readers": [
                        {"alias": r.alias, "who": r.who, "id": r.principal, "may_read": r.may_read}
                        for r in vault.readers
                    ],
                    "findings": [str(finding) for finding in vault.findings],
                }
                for vault in vaults
            ]
        )
    else:
        for vault in vaults:
            echo(f"{vault.name}: {', '.join(vault.secrets)}")
            for reader in vault.readers:
                alias = f"{reader.alias}: " if reader.alias else ""
                echo(f"  {alias}{reader.who} {_MAY[reader.may_read]}")
    print_diagnostics(findings)
    if findings:
        raise click.exceptions.Exit(EXIT_FAILED)
    if not as_json:
        echo("Every secret is there.")
