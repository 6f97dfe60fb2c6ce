"""What a run has logged, read from the store of a rehearsal without MLflow."""

from __future__ import annotations

import contextlib
import math
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from kedro_azureml.rehearsal.mlflow.files import StoreFiles

# Seconds to wait for another step that writes.
_PATIENCE = 20.0
_LATEST = "SELECT key, value, is_nan FROM latest_metrics WHERE run_uuid = ?"


def logged_metrics(files: StoreFiles, run: str) -> dict[str, float]:
    """Return the last value of each metric of a run, which may be NaN."""
    if files.database.exists():
        return _from_database(files.database, run)
    found: dict[str, float] = {}
    for folder in files.runs.glob(f"*/{run}/metrics"):
        for file in folder.rglob("*"):
            value = _last_value(file) if file.is_file() else None
            if value is not None:
                found[file.relative_to(folder).as_posix()] = value
    return found


def _from_database(database: Path, run: str) -> dict[str, float]:
    address = f"file:{quote(str(database))}?mode=ro"
    with (
        contextlib.suppress(sqlite3.Error),
        closing(sqlite3.connect(address, uri=True, timeout=_PATIENCE)) as connection,
    ):
        rows = connection.execute(_LATEST, (run,)).fetchall()
        return {str(key): math.nan if is_nan else float(value) for key, value, is_nan in rows}
    return {}


def _last_value(file: Path) -> float | None:
    """Read MLflow's lines: a time in milliseconds, the value, and the step."""
    last: tuple[int, int, float] | None = None
    for line in file.read_text(encoding="utf-8").splitlines():
        with contextlib.suppress(ValueError):
            moment, value, *step = line.split()
            logged = (int(step[0]) if step else 0, int(moment), float(value))
            last = logged if last is None or math.isnan(logged[2]) else max(last, logged)
    return None if last is None else last[2]
