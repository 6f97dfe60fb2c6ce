"""``kedro azureml job download``: fetch what a job wrote."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kedro_azureml.cli.options.workspace import connect_to, quietly, workspace_options
from kedro_azureml.console.findings import EXIT_FAILED, friendly
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError

if TYPE_CHECKING:
    from kedro_azureml.azure.connect.client import Connection
    from kedro_azureml.copying import Copy


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
    subscription_id: str | None,
) -> None:
    """Fetch what a job wrote, by the names of the Kedro datasets; all of it if none is named."""
    if into_catalog and output:
        raise DiagnosticError(
            Diagnostic(
                "KAZ107",
                "--output and --into-catalog both say where the files go.",
                "Give one.",
                where="--output",
            )
        )
    from kedro_azureml.job.snapshot.listing import REHEARSAL_FOLDER
    from kedro_azureml.rehearsal.workspace.run_folders import hide_from_git

    project = Path(metadata.project_path)
    connection = connect_to(metadata, env, subscription_id)
    # By default beside the rehearsals, where nothing is committed or uploaded with the code.
    own = project / REHEARSAL_FOLDER
    folder = output.absolute() if output else own / "downloads" / name
    target = project if into_catalog else folder
    _download(connection, name, datasets, target, into_catalog=into_catalog, force=force)
    if target.is_relative_to(own):
        hide_from_git(own)


def _download(
    connection: Connection,
    name: str,
    datasets: tuple[str, ...],
    target: Path,
    *,
    into_catalog: bool,
    force: bool,
) -> None:
    import tempfile

    from kedro_azureml.azure.jobs import placing
    from kedro_azureml.azure.jobs.download import choose, fetch, outputs_of
    from kedro_azureml.azure.jobs.lookup import get_job, view_steps
    from kedro_azureml.azure.progress import Shown
    from kedro_azureml.azure.submit.storage_access import open_stored
    from kedro_azureml.formatting import count, shown

    with tempfile.TemporaryDirectory(prefix="kedro-azureml-") as scratch, Shown() as progress:
        with quietly():
            progress.doing("Looking at the job")
            described = get_job(connection, name)
            steps = view_steps(connection, described)
            outputs = outputs_of(connection, described, steps)
            if into_catalog and not datasets:
                # `kedro run` would not store these.
                outputs = {n: o for n, o in outputs.items() if not o.is_result}
            ready, waiting = choose(outputs, datasets, name)
            fetched = fetch(connection, ready, Path(scratch), progress)
        copies: list[Copy] = []
        notes: list[str] = []
        for one in fetched:
            manifest = placing.read_checked(one)
            if manifest.stored is not None and manifest.kind == "object":
                if datasets:
                    notes.append(
                        f"'{one.dataset}' is an object in temporary storage: {manifest.stored} in "
                        f"{manifest.storage}."
                    )
                continue
            if manifest.stored is not None:
                store = open_stored(manifest.storage or "", connection.credential)
                one = placing.fetch_stored(
                    one, manifest, Path(scratch, f"stored-{len(copies)}"), store
                )
            if manifest.kind == "remote":
                notes.append(f"'{one.dataset}' is where its catalog entry says, not in the job.")
            elif not into_catalog:
                copies += placing.into_folder(one, manifest, target)
            elif manifest.kind == "local":
                copies += placing.into_catalog(one, manifest, target)
            elif datasets:
                raise DiagnosticError(
                    Diagnostic(
                        "KAZ714",
                        f"'{one.dataset}' has no path in the catalog.",
                        "Leave --into-catalog out.",
                        where=f"dataset {one.dataset}",
                    )
                )
        placing.place(copies, force=force, where="--into-catalog" if into_catalog else "--output")
    for note in notes:
        click.echo(note, err=True)
    for output in waiting:
        click.echo(
            f"'{output.dataset}' is not there: its step '{output.step.name}' is "
            f"{output.step.status}.",
            err=True,
        )
    click.echo(f"Downloaded {count(len(copies), 'file')}" + (":" if copies else "."))
    for copy in copies:
        click.echo(f"  {shown(copy.target)}")
    if waiting:
        raise click.exceptions.Exit(EXIT_FAILED)
