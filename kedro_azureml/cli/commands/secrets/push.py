"""``kedro azureml secrets push``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kedro_azureml.cli.errors import EXIT_FAILED, friendly
from kedro_azureml.cli.options.json import json_option, print_json
from kedro_azureml.cli.options.secrets import may_change, open_vault_of, vault_option, yes_option
from kedro_azureml.cli.options.workspace import workspace_options
from kedro_azureml.console.activity import activity
from kedro_azureml.console.text import echo
from kedro_azureml.formatting import count

if TYPE_CHECKING:
    from kedro_azureml.azure.connect.target import WorkspaceChoice


@click.command("push")
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("names", nargs=-1, metavar="[NAME]...")
@vault_option
@yes_option
@json_option
@workspace_options
@click.pass_obj
@friendly
def push(
    metadata: Any,
    /,
    file: Path,
    names: tuple[str, ...],
    vault: str | None,
    yes: bool,
    as_json: bool,
    env: str | None,
    workspace: WorkspaceChoice,
) -> None:
    """Put the variables of a file such as .env into the vault, one secret each.

    With names, only those. A secret that has its value already is left alone.
    """
    from kedro_azureml.azure.connect.installed import require_azure

    require_azure()
    from kedro_azureml.azure.secrets import pushing
    from kedro_azureml.config.models.secrets import all_secrets
    from kedro_azureml.secrets.names import vault_name

    values = pushing.read_variables(file, names, str(file))
    config, opened = open_vault_of(metadata, env, workspace, vault)
    with activity("Asking the vault"):
        found = pushing.compare(opened, values)
    words = dict.fromkeys(found.new, "new") | dict.fromkeys(found.changed, "changed")
    words |= dict.fromkeys(found.unchanged, "unchanged")
    if not as_json:
        width = max(map(len, values))
        for variable in values:
            echo(f"{variable:<{width}}  {vault_name(variable):<{width}}  {words[variable]}")
    if found.written:
        question = f"Write {count(len(found.written), 'secret')} into '{opened.name}'?"
        if not may_change(question, yes, f"Writing into the vault '{opened.name}'"):
            click.echo("Nothing was written.", err=True)
            raise click.exceptions.Exit(EXIT_FAILED)
        with activity("Writing"):
            pushing.push(opened, values, found.written)
    if as_json:
        rows = [{"variable": v, "name": vault_name(v), "was": words[v]} for v in values]
        print_json({"vault": opened.name, "secrets": rows})
        return
    echo(f"Wrote {count(len(found.written), 'secret')}, left {len(found.unchanged)} alone.")
    named = {name for each in all_secrets(config.azure).values() for name in each}
    if unnamed := [variable for variable in values if variable not in named]:
        echo(f"No step gets {', '.join(unnamed)} yet: azure.secrets.names does not name it.")
