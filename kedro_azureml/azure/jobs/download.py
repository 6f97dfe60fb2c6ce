"""Downloads what a job's steps wrote, by the names of the Kedro datasets."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kedro_azureml.azure.connect.client import Connection
from kedro_azureml.azure.connect.silence import quiet
from kedro_azureml.azure.jobs import placing
from kedro_azureml.azure.jobs.lookup import get_job, view_steps
from kedro_azureml.azure.jobs.outputs import StepOutput, choose, fetch, outputs_of
from kedro_azureml.azure.jobs.placing import Fetched
from kedro_azureml.azure.progress import Progress, Silent
from kedro_azureml.azure.submit.storage_access import open_stored
from kedro_azureml.copying import Copy
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError
from kedro_azureml.job.local_folder import LOCAL_FOLDER, hide_from_git


@dataclass(frozen=True)
class Downloaded:
    """What became of a download.

    Attributes:
        files: The files that were written.
        notes: Why a dataset has no file.
        waiting: The outputs that are not there, because their steps have not completed.
    """

    files: tuple[Path, ...]
    notes: tuple[str, ...]
    waiting: tuple[StepOutput, ...]


@quiet()
def download(
    connection: Connection,
    name: str,
    datasets: Sequence[str],
    project: Path,
    *,
    output: Path | None = None,
    into_catalog: bool = False,
    force: bool = False,
    progress: Progress | None = None,
) -> Downloaded:
    """Download what a job wrote.

    Args:
        connection: The workspace.
        name: The job.
        datasets: The Kedro datasets; all that the job wrote if there is none.
        project: The project's root.
        output: The folder to write to; by default one beside the project's rehearsals, where
            nothing is committed or uploaded with the code.
        into_catalog: Place the files at their catalog paths instead of a folder a dataset.
        force: Replace existing files.
        progress: Who is told how it goes.

    Raises:
        DiagnosticError: Nothing was written, or not all (KAZ110).
    """
    progress = progress or Silent()
    local = project / LOCAL_FOLDER
    folder = output.absolute() if output else local / "downloads" / name
    target = project if into_catalog else folder
    with tempfile.TemporaryDirectory(prefix="kedro-azureml-") as scratch:
        progress.doing("Looking at the job")
        job = get_job(connection, name)
        outputs = outputs_of(connection, job, view_steps(connection, job))
        if into_catalog and not datasets:
            # `kedro run` would not store these.
            outputs = {n: o for n, o in outputs.items() if not o.is_result}
        ready, waiting = choose(outputs, datasets, name)
        copies: list[Copy] = []
        notes: list[str] = []
        placer = _Placer(connection, target, Path(scratch), into_catalog, bool(datasets))
        for fetched in fetch(connection, ready, Path(scratch), progress):
            placer.add(fetched, copies, notes)
        where = "--into-catalog" if into_catalog else "--output"
        placing.place(copies, force=force, where=where)
    if local.is_dir() and target.is_relative_to(local):
        hide_from_git(local)
    return Downloaded(tuple(copy.target for copy in copies), tuple(notes), tuple(waiting))


@dataclass(frozen=True)
class _Placer:
    """Says where the files of a dataset go."""

    connection: Connection
    target: Path
    scratch: Path
    into_catalog: bool
    is_named: bool

    def add(self, fetched: Fetched, copies: list[Copy], notes: list[str]) -> None:
        manifest = placing.read_checked(fetched)
        if manifest.stored is not None and manifest.kind == "object":
            if self.is_named:
                notes.append(
                    f"'{fetched.dataset}' is an object in temporary storage: {manifest.stored} in "
                    f"{manifest.storage}."
                )
            return
        if manifest.stored is not None:
            store = open_stored(manifest.storage or "", self.connection.credential)
            folder = Path(self.scratch, f"stored-{len(copies)}")
            fetched = placing.fetch_stored(fetched, manifest, folder, store)
        if manifest.kind == "remote":
            notes.append(f"'{fetched.dataset}' is where its catalog entry says, not in the job.")
        elif not self.into_catalog:
            copies += placing.into_folder(fetched, manifest, self.target)
        elif manifest.kind == "local":
            copies += placing.into_catalog(fetched, manifest, self.target)
        elif self.is_named:
            raise DiagnosticError(
                Diagnostic(
                    "KAZ714",
                    f"'{fetched.dataset}' has no path in the catalog.",
                    "Leave --into-catalog out.",
                    where=f"dataset {fetched.dataset}",
                )
            )
