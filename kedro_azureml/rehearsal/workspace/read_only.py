"""Read-only data: permissions for whom they bind, fingerprints for whom they do not (root)."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

_WRITE = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH


class Mark(NamedTuple):
    """What must not change about one file or folder.

    The change time is left out: giving a file another name, which is how later steps get it,
    changes that too.
    """

    kind: int
    size: int
    modified: int
    inode: int


Fingerprint = Mapping[str, Mark]


def fingerprint(root: Path) -> Fingerprint:
    """Mark a file, or a folder and everything in it; ``.`` is the root itself."""
    marks = {".": _mark(os.lstat(root))}
    pending = [""] if stat.S_ISDIR(marks["."].kind) else []
    while pending:
        folder = pending.pop()
        with os.scandir(root / folder) as entries:
            for entry in entries:
                path = f"{folder}/{entry.name}" if folder else entry.name
                marks[path] = _mark(entry.stat(follow_symlinks=False))
                if entry.is_dir(follow_symlinks=False):
                    pending.append(path)
    return marks


def first_change(before: Fingerprint, after: Fingerprint) -> str | None:
    """Say what changed first, or return None.

    A change to a file is named before the change that it makes to its folder.
    """
    for path in sorted(before.keys() | after.keys(), key=lambda p: (-p.count("/"), p == ".", p)):
        old, new = before.get(path), after.get(path)
        if new is None:
            return f"'{path}' was removed"
        if old is None:
            return f"'{path}' was added"
        if old != new:
            return _difference(path, old, new)
    return None


def make_read_only(root: Path) -> None:
    """Take the permission to write from a file, or from a folder and everything in it."""
    _forbid_writing(root)
    if root.is_dir():
        for folder, _, names in os.walk(root):
            _forbid_writing(Path(folder))
            for name in names:
                _forbid_writing(Path(folder, name))


def _forbid_writing(path: Path) -> None:
    status = path.lstat()
    if not stat.S_ISLNK(status.st_mode) and status.st_mode & _WRITE:
        with contextlib.suppress(PermissionError):
            path.chmod(stat.S_IMODE(status.st_mode) & ~_WRITE)


def _mark(status: os.stat_result) -> Mark:
    # A folder's size says nothing that its entries do not say.
    is_folder = stat.S_ISDIR(status.st_mode)
    return Mark(
        status.st_mode, 0 if is_folder else status.st_size, status.st_mtime_ns, status.st_ino
    )


def _difference(path: str, old: Mark, new: Mark) -> str:
    name = f"'{path}'" if path != "." else "it"
    if stat.S_ISDIR(old.kind) and stat.S_ISDIR(new.kind) and old.modified != new.modified:
        where = f"in '{path}'" if path != "." else "in it"
        return f"something {where} was made or renamed"
    if stat.S_IFMT(old.kind) != stat.S_IFMT(new.kind) or old.inode != new.inode:
        return f"{name} was replaced"
    if old.size == new.size and old.modified == new.modified:
        return f"the permissions of {name} were changed"
    return f"{name} was changed"
