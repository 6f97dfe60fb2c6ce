"""``kedro azureml compute show``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from kedro_azureml.cli.errors import friendly
from kedro_azureml.cli.options.json import json_option, print_json
from kedro_azureml.cli.options.workspace import connect_with_config, workspace_options
from kedro_azureml.console.findings import print_diagnostics
from kedro_azureml.console.text import echo
from kedro_azureml.job.references import SERVERLESS

if TYPE_CHECKING:
    from kedro_azureml.azure.connect.target import WorkspaceChoice


@click.command("show")
@click.argument("alias")
@json_option
@workspace_options
@click.pass_obj
@friendly
def show(
    metadata: Any, /, alias: str, as_json: bool, env: str | None, workspace: WorkspaceChoice
) -> None:
    """Show an alias: its settings, and what the compute is."""
    config, connection = connect_with_config(metadata, env, workspace)
    from kedro_azureml.azure.computes.spec import alias_settings, specs_of
    from kedro_azureml.azure.computes.state import (
        SERVERLESS_MACHINES,
        describe_compute,
        differences,
        look_up_compute,
    )

    settings = alias_settings(config, alias)
    stated = settings.model_dump(exclude_none=True, exclude_defaults=True)
    name = settings.target or SERVERLESS
    compute = look_up_compute(connection, name) if settings.target else None
    missing = "missing" if settings.target else SERVERLESS_MACHINES
    state = missing if compute is None else describe_compute(compute)
    if as_json:
        exists = compute is not None or settings.target is None
        print_json({"alias": alias, "name": name, "is": state, "exists": exists, **stated})
        return
    echo(f"{name}: {state}")
    for key, value in _lines(stated):
        echo(f"  {key}: {value}")
    if compute is not None:
        print_diagnostics(differences(compute, specs_of(config)[name]))


def _lines(stated: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield settings, those of a section behind its name: ``create.size``."""
    for key, value in stated.items():
        if isinstance(value, dict):
            yield from _lines(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value if isinstance(value, str) else json.dumps(value)
