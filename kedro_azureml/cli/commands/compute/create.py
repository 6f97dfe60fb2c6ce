"""``kedro azureml compute create``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from kedro_azureml.cli.errors import friendly
from kedro_azureml.cli.options.workspace import connect_with_config, workspace_options
from kedro_azureml.console.findings import print_diagnostics
from kedro_azureml.console.text import echo
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError

if TYPE_CHECKING:
    from kedro_azureml.azure.connect.target import WorkspaceChoice


@click.command("create")
@click.argument("alias")
@workspace_options
@click.pass_obj
@friendly
def create(metadata: Any, /, alias: str, env: str | None, workspace: WorkspaceChoice) -> None:
    """Create an alias's compute as azureml.yml says, and wait for it."""
    config, connection = connect_with_config(metadata, env, workspace)
    from kedro_azureml.azure.computes import changes, state
    from kedro_azureml.azure.computes.spec import spec_of, specs_of
    from kedro_azureml.console.spinner import SpinnerDisplay

    spec = spec_of(config, alias)
    compute = state.look_up_compute(connection, spec.name)
    if compute is not None:
        state.refuse_unusable(compute, spec)
        echo(f"'{spec.name}' exists already: {state.describe_compute(compute)}.")
        print_diagnostics(state.differences(compute, specs_of(config)[spec.name]))
        return
    if spec.settings.create is None:
        raise DiagnosticError(
            Diagnostic(
                "KAZ705",
                f"azureml.yml does not say what '{spec.name}' is to be created as.",
                "Write 'create' with at least a 'size' beside its name.",
                where=config.place("azure", "compute", alias),
            )
        )
    with SpinnerDisplay() as progress:
        progress.say(f"Does not exist yet: {spec}.")
        changes.create_computes(connection, [spec], progress)
