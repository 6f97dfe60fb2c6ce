"""The database of a rehearsal: a copy of an empty one, with the job's runs in it.

Making the tables of an empty one takes MLflow many seconds of a processor. So it happens once for
each version of MLflow, and the file is kept.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path

from kedro_azureml.rehearsal.mlflow.files import DEFAULT_EXPERIMENT, StoreContent, StoreFiles

# Seconds that a write waits for that of another process, as long as MLflow itself waits.
_PATIENCE = 20.0
# In a process of its own: MLflow configures logging for it, and prints each of its fifty changes.
_MAKE = (
    "import sys; from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore; "
    "SqlAlchemyStore(sys.argv[1], sys.argv[2])"
)


def open_database(files: StoreFiles) -> None:
    """Make the database, unless another step has.

    Raises:
        RuntimeError: MLflow cannot make one; with what it says.
    """
    if files.database.exists():
        return
    with files.locked():
        if files.database.exists():
            return
        content = files.read()
        partial = files.folder / "mlflow.db.part"
        shutil.copyfile(_empty_database(Path(content.cache), files.folder), partial)
        with closing(sqlite3.connect(partial)) as connection, connection:
            _insert(connection, content, files.artifacts_uri)
        partial.replace(files.database)


def _empty_database(cache: Path, other: Path) -> Path:
    """Return an empty database of this MLflow's, which is made if there is none.

    Args:
        cache: The folder in which it is kept.
        other: A folder for it if that one cannot be written.
    """
    from mlflow.version import VERSION

    name = f"mlflow-{VERSION}.db"
    if (cache / name).is_file():
        return cache / name
    for folder in (cache, other):
        with contextlib.suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=folder) as scratch:
                made = _make_empty_database(Path(scratch))
                made.replace(folder / name)
            return folder / name
    raise RuntimeError(f"neither {cache} nor {other} can be written")


def _make_empty_database(folder: Path) -> Path:
    made = folder / "mlflow.db"
    chosen = {n: v for n, v in os.environ.items() if not n.startswith(("MLFLOW_", "AZUREML_"))}
    done = subprocess.run(
        [sys.executable, "-c", _MAKE, f"sqlite:///{made}", f"file://{folder}"],
        cwd=folder,
        env={**chosen, "MLFLOW_DISABLE_TELEMETRY": "true"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"MLflow cannot make a database:\n{done.stderr.strip()}")
    return made


def _insert(connection: sqlite3.Connection, content: StoreContent, artifacts_uri: str) -> None:
    number, created = int(content.experiment_id), content.created
    # MLflow's experiment for runs of no experiment, which it would make again.
    connection.execute("UPDATE experiments SET artifact_location = ?", (f"{artifacts_uri}/0",))
    if content.experiment_id != DEFAULT_EXPERIMENT:
        _insert_row(
            connection,
            "experiments",
            experiment_id=number,
            name=content.experiment,
            artifact_location=f"{artifacts_uri}/{number}",
            lifecycle_stage="active",
            creation_time=created,
            last_update_time=created,
        )
    for run in content.runs:
        _insert_row(
            connection,
            "runs",
            run_uuid=run.id,
            name=run.name,
            source_type="JOB",
            source_name="",
            entry_point_name="",
            user_id="rehearsal",
            status="RUNNING" if run.parent is None else "SCHEDULED",
            start_time=created,
            source_version="",
            lifecycle_stage="active",
            artifact_uri=f"{artifacts_uri}/{number}/{run.id}/artifacts",
            experiment_id=number,
        )
        for key, value in run.all_tags.items():
            _insert_row(connection, "tags", key=key, value=value, run_uuid=run.id)


def _insert_row(connection: sqlite3.Connection, table: str, **values: object) -> None:
    names, marks = ", ".join(values), ", ".join("?" * len(values))
    # The names are those above.
    statement = f"INSERT INTO {table} ({names}) VALUES ({marks})"  # noqa: S608
    connection.execute(statement, tuple(values.values()))


def finish_runs(database: Path, ended: Mapping[str, tuple[str, int, int]]) -> None:
    """Write how runs ended, whatever was written before: a killed step has said nothing.

    Args:
        database: The database.
        ended: Run to its status, and to when it began and ended, in milliseconds since 1970.
    """
    with closing(sqlite3.connect(database, timeout=_PATIENCE)) as connection, connection:
        connection.executemany(
            "UPDATE runs SET status = ?, start_time = ?, end_time = ? WHERE run_uuid = ?",
            [(status, began, over, run) for run, (status, began, over) in ended.items()],
        )


def remove_runs(database: Path, runs: Iterable[str]) -> None:
    """Remove the runs of steps that never began."""
    with closing(sqlite3.connect(database, timeout=_PATIENCE)) as connection, connection:
        for table in ("tags", "runs"):
            statement = f"DELETE FROM {table} WHERE run_uuid = ?"  # noqa: S608
            connection.executemany(statement, [(run,) for run in runs])
