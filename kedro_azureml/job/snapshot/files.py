"""One file of a snapshot, and what is wrong with one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class SnapshotFile:
    """One file of a snapshot.

    Attributes:
        path: Where it lies in the snapshot, with forward slashes.
        size: Its size in bytes when it was listed.
        source: Where it is read from; links are not resolved.
    """

    path: str
    size: int
    source: Path


@dataclass(frozen=True)
class SnapshotProblem:
    """Something that makes Azure ML's upload fail.

    Attributes:
        path: The file or folder, relative to the root.
        message: What is wrong with it, to follow the path in a sentence.
    """

    path: str
    message: str
