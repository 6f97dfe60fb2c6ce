"""Where the data of a run lies in a store, and what there is of each run."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kedro_azureml.storage.store import Entry

PREFIX = "kedro-azureml-temp"
_PLAIN = re.compile(r"[a-z0-9_](?:[a-z0-9_.-]{0,98}[a-z0-9_])?", re.ASCII)
_UNUSUAL = re.compile(r"[^a-z0-9_-]+")


def key_of(run: str, dataset: str) -> str:
    """Return the key of a run's dataset.

    Names that differ in case only, or that hold what a path cannot, keep apart by a hash.
    """
    return f"{PREFIX}/{part_of(run)}/{part_of(dataset)}"


def part_of(name: str) -> str:
    """Return a name as one part of a key."""
    if _PLAIN.fullmatch(name):
        return name
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{_UNUSUAL.sub('_', name.lower())[:80].strip('_-')}-{digest}".lstrip("-")


@dataclass(frozen=True)
class StoredRun:
    """What is stored of one run.

    Attributes:
        name: The pipeline job's name.
        entries: What is stored.
    """

    name: str
    entries: tuple[Entry, ...]

    @property
    def size(self) -> int:
        """Return the number of bytes as stored."""
        return sum(entry.size for entry in self.entries)

    @property
    def modified(self) -> datetime:
        """Return when its newest part was written."""
        return max(entry.modified for entry in self.entries)


def runs_of(entries: Iterable[Entry]) -> list[StoredRun]:
    """Return the runs that entries belong to, oldest first; other entries are left out."""
    entries_of: dict[str, list[Entry]] = {}
    for entry in entries:
        parts = entry.key.split("/")
        if len(parts) >= 3 and parts[0] == PREFIX:
            entries_of.setdefault(parts[1], []).append(entry)
    runs = [StoredRun(name, tuple(entries)) for name, entries in entries_of.items()]
    return sorted(runs, key=lambda run: (run.modified, run.name))
