"""What runs left in temporary storage."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from typing import Any

from kedro_azureml.diagnostics import Diagnostic, DiagnosticError
from kedro_azureml.formatting import count
from kedro_azureml.storage.errors import StorageError
from kedro_azureml.storage.runs import PREFIX, StoredRun, runs_of
from kedro_azureml.storage.store import Entry, Store

_THREADS = 8
_WHERE = "azureml.yml azure.temporary_storage"
_UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60))


def find_runs(store: Store) -> list[StoredRun]:
    """List the runs that left data, oldest first.

    Raises:
        DiagnosticError: KAZ801.
    """
    try:
        return runs_of(store.list(f"{PREFIX}/"))
    except StorageError as error:
        raise _unusable(error) from error


def older_than(
    runs: Iterable[StoredRun], seconds: int, now: datetime | None = None
) -> list[StoredRun]:
    """Return the runs that wrote nothing for so long."""
    moment = now or datetime.now(timezone.utc)
    return [run for run in runs if (moment - run.modified).total_seconds() > seconds]


def delete(store: Store, runs: Iterable[StoredRun]) -> None:
    """Delete all data of runs.

    Raises:
        DiagnosticError: KAZ801; some of it may be deleted.
    """
    entries = [entry for run in runs for entry in run.entries]
    # With a hierarchical namespace folders are listed as well, and cannot be deleted before what
    # is in them.
    folders = {parent for entry in entries for parent in _parents(entry)}
    data = [entry.key for entry in entries if entry.key not in folders]
    try:
        with ThreadPoolExecutor(_THREADS) as pool:
            list(pool.map(store.delete, data))
        for entry in sorted(entries, key=lambda e: len(e.key), reverse=True):
            if entry.key in folders:
                store.delete(entry.key)
    except StorageError as error:
        raise _unusable(error) from error


def as_data(run: StoredRun) -> dict[str, Any]:
    """Return a run as plain data, for JSON."""
    return {
        "run": run.name,
        "datasets": len(run.entries),
        "bytes": run.size,
        "modified": run.modified.isoformat(timespec="seconds"),
    }


def age(run: StoredRun, now: datetime | None = None) -> str:
    """Say how long ago a run wrote: ``3 days ago``."""
    seconds = ((now or datetime.now(timezone.utc)) - run.modified).total_seconds()
    for name, length in _UNITS:
        if seconds >= length:
            return f"{count(int(seconds // length), name)} ago"
    return "just now"


def _parents(entry: Entry) -> Iterable[str]:
    parts = entry.key.split("/")
    return ("/".join(parts[:number]) for number in range(1, len(parts)))


def _unusable(error: StorageError) -> DiagnosticError:
    return DiagnosticError(Diagnostic("KAZ801", str(error), "", where=_WHERE))
