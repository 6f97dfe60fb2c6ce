"""``kedro azureml job download``: fetch what a job wrote."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kedro_azureml.cli.errors import EXIT_FAILED, friendly
from kedro_azureml.cli.options.workspace import connect_to, open_project, workspace_options
from kedro_azureml.console.text import echo
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError

if TYPE_CHECKING:
    from kedro_azureml.azure.connect.target import WorkspaceChoice


@click.command("download")
@click.argument("name")
@click.argument("datasets", nargs=-1)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="Folder to download to.  [default: .kedro_azureml/downloads/NAME]",
)
@click.option("--into-catalog", is_flag=True, help="Place the files at their catalog paths.")
@click.option("--force", is_flag=True, help="Replace existing files.")
@workspace_options
@click.pass_obj
@friendly
def download(
    metadata: Any,
    /,
    name: str,
    datasets: tuple[str, ...],
    output: Path | None,
    into_catalog: bool,
    force: bool,
    env: str | None,
    workspace: WorkspaceChoice,
) -> None:
    """Fetch what a job wrote, by the names of the Kedro datasets; all of it if none is named."""
    if into_catalog and output:
        raise DiagnosticError(
            Diagnostic(
                "KAZ107",
                "--output and --into-catalog both say where the files go.",
                "Give only one of them.",
                where="--output",
            )
        )
    connection = connect_to(metadata, env, workspace)
    from kedro_azureml.azure.jobs import download as downloading
    from kedro_azureml.console.spinner import SpinnerDisplay
    from kedro_azureml.formatting import count, shown

    project = open_project(metadata, env)
    places_of = None
    if into_catalog:
        from kedro_azureml.project.catalog_places import places_of_record

        places_of = partial(places_of_record, project)
    with SpinnerDisplay() as progress:
        done = downloading.download(
            connection,
            name,
            datasets,
            project.path,
            output=output,
            places_of=places_of,
            force=force,
            progress=progress,
        )
    for note in done.notes:
        echo(note, err=True)
    for missing in done.waiting:
        echo(
            f"'{missing.label}' is not there: its step '{missing.step.name}' is "
            f"{missing.step.status}.",
            err=True,
        )
    echo(f"Downloaded {count(len(done.files), 'file')}" + (":" if done.files else "."))
    for file in done.files:
        echo(f"  {shown(file)}")
    if done.waiting:
        raise click.exceptions.Exit(EXIT_FAILED)
