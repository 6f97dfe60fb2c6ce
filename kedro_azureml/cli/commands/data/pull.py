"""``kedro azureml data pull``: fetch what catalog entries name in Azure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from kedro_azureml.cli.errors import friendly
from kedro_azureml.cli.options.json import json_option, print_json
from kedro_azureml.cli.options.kedro_run import load_versions_option, versions_of
from kedro_azureml.cli.options.workspace import connect_to, open_project, workspace_options
from kedro_azureml.console.text import echo
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError

if TYPE_CHECKING:
    from kedro_azureml.azure.connect.target import WorkspaceChoice


@click.command("pull")
@click.argument("datasets", nargs=-1)
@load_versions_option
@json_option
@workspace_options
@click.pass_obj
@friendly
def pull(
    metadata: Any,
    /,
    datasets: tuple[str, ...],
    load_versions: str,
    as_json: bool,
    env: str | None,
    workspace: WorkspaceChoice,
) -> None:
    """Fetch the data assets of the catalog to its local paths, for 'kedro run' and rehearsals.

    DATASETS are names of the catalog; without one, all that it reads from Azure. What is here in
    that version is not fetched again, and a file that was changed since is never replaced.
    """
    from kedro_azureml.compiler.data.catalog_assets import assets_in_catalog
    from kedro_azureml.formatting import count, shown, size

    problems: list[Diagnostic] = []
    versions = versions_of(load_versions, problems)
    if problems:
        raise DiagnosticError(problems)
    project = open_project(metadata, env)
    entries = assets_in_catalog(project.load(), datasets, versions)
    if not entries:
        echo("The catalog names no data asset.", err=True)
        if as_json:
            print_json([])
        return
    connection = connect_to(metadata, env, workspace)
    from kedro_azureml.azure.data import pull as pulling
    from kedro_azureml.console.spinner import SpinnerDisplay

    with SpinnerDisplay() as progress:
        pulled = pulling.pull(connection, entries, project.path, progress)
    if as_json:
        print_json([each.as_data() for each in pulled])
        return
    for each in pulled:
        what = f"{count(each.files, 'file')}, {size(each.bytes)}"
        version = f" version {each.version}" if each.version else ""
        done = "fetched" if each.status == "fetched" else "is here already"
        echo(f"{each.dataset}{version}: {done}, {shown(each.place)} ({what})")
