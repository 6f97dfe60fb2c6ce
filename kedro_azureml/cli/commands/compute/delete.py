"""``kedro azureml compute delete``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from kedro_azureml.cli.errors import EXIT_FAILED, friendly
from kedro_azureml.cli.options.workspace import connect_with_config, workspace_options
from kedro_azureml.cli.questions import is_interactive
from kedro_azureml.console.text import echo
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError

if TYPE_CHECKING:
    from kedro_azureml.azure.connect.target import WorkspaceChoice


@click.command("delete")
@click.argument("alias")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@workspace_options
@click.pass_obj
@friendly
def delete(
    metadata: Any, /, alias: str, yes: bool, env: str | None, workspace: WorkspaceChoice
) -> None:
    """Delete an alias's compute; an attached one is detached."""
    config, connection = connect_with_config(metadata, env, workspace)
    from kedro_azureml.azure.computes import changes, state
    from kedro_azureml.azure.computes.spec import is_owned, spec_of
    from kedro_azureml.console.spinner import SpinnerDisplay

    spec = spec_of(config, alias)
    compute = state.look_up_compute(connection, spec.name)
    if compute is None:
        raise DiagnosticError(
            Diagnostic(
                "KAZ705",
                f"The workspace has no compute '{spec.name}'.",
                "There is nothing to delete.",
            )
        )
    verb = "Delete" if is_owned(compute) else "Detach"
    if not yes and not _confirm(f"{verb} {state.describe_compute(compute)}", spec.name):
        click.echo("Nothing was deleted.", err=True)
        raise click.exceptions.Exit(EXIT_FAILED)
    with SpinnerDisplay() as progress:
        changes.delete_compute(connection, compute, progress)
    echo(f"{'Deleted' if is_owned(compute) else 'Detached'} '{spec.name}'.")


def _confirm(deletion: str, name: str) -> bool:
    if not is_interactive():
        raise DiagnosticError(
            Diagnostic(
                "KAZ108",
                f"Deleting '{name}' affects everyone who uses it, and there is no terminal to "
                "confirm it on.",
                "Give --yes.",
                where="--yes",
            )
        )
    return click.confirm(f"{deletion}, '{name}', for everyone who uses it?")
