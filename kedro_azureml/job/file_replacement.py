"""Files that take the place of others, each whole or not at all; what is a person's own is kept."""

from __future__ import annotations

import contextlib
import errno
import filecmp
import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from kedro_azureml.job.local_folder import LOCAL_FOLDER, PRIVATE, make_local_folder

_PARTIAL = "partial"
_REPLACED = "replaced"
_LEDGER = "placed.json"


@dataclass(frozen=True)
class Copy:
    """One file to put in its place."""

    source: Path
    target: Path


@dataclass
class Placed:
    """What was put in its place.

    Attributes:
        files: The files that were written.
        kept: What a person or another tool had written there, and where it is now.
    """

    files: list[Path] = field(default_factory=list)
    kept: list[tuple[Path, Path]] = field(default_factory=list)


class CopyError(Exception):
    """Some files were not copied; the files that are not named as copied are unchanged.

    Attributes:
        reason: Why, in a sentence without its full stop.
        copied: How many were copied before, as words.
        remedy: What to do first, without its full stop; None when it was Ctrl-C.
    """

    def __init__(self, reason: str, copied: str, *, remedy: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.copied = copied
        self.remedy = remedy


def copy_all(copies: Sequence[Copy], project: Path) -> Placed:
    """Copy files one after another, each whole or not at all.

    A file that is there and that this tool did not write, as it is now, is kept below the project's
    local folder: never beside itself, where a dataset of a folder would read it.

    Args:
        copies: The files.
        project: The project's root, in whose local folder files are until they are whole.

    Raises:
        CopyError: One cannot be written, or Ctrl-C came.
    """
    placed = Placed()
    local = project / LOCAL_FOLDER
    ledger = _Ledger(project)
    kept = local / _REPLACED / f"{datetime.now():%Y%m%d-%H%M%S}-{os.getpid()}"
    partial = local / _PARTIAL / str(os.getpid())
    try:
        if copies:
            make_local_folder(local)
            partial.mkdir(parents=True, exist_ok=True)
        for copy in copies:
            old = _keep(copy, project, kept, ledger)
            _replace(copy, partial / "file")
            ledger.add(copy.target)
            placed.files.append(copy.target)
            placed.kept += [(copy.target, old)] if old else []
    except (OSError, KeyboardInterrupt) as error:
        count = len(placed.files)
        copied = f"{count} of {len(copies)} files were copied before"
        if isinstance(error, OSError):
            target = copies[min(count, len(copies) - 1)].target
            reason = f"'{target}' cannot be written: {error.strerror or error}"
            full = error.errno in (errno.ENOSPC, errno.EDQUOT)
            remedy = "Free some space" if full else "Make the place writable"
            raise CopyError(reason, copied, remedy=remedy) from error
        raise CopyError("Copying was interrupted", copied) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
        with contextlib.suppress(OSError):
            partial.parent.rmdir()
        ledger.save()
    return placed


def _keep(copy: Copy, project: Path, folder: Path, ledger: _Ledger) -> Path | None:
    """Give a file that is about to be replaced another name, if it is not this tool's own."""
    target = copy.target
    if not target.is_file() or not target.is_relative_to(project) or ledger.knows(target):
        return None
    if filecmp.cmp(copy.source, target, shallow=False):
        return None
    old = folder / target.relative_to(project)
    folder.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
    old.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(target, old)
    except OSError:
        shutil.copy2(target, old)
    return old


def _replace(copy: Copy, partial: Path) -> None:
    copy.target.parent.mkdir(parents=True, exist_ok=True)
    try:
        shutil.copyfile(copy.source, partial)
        partial.replace(copy.target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        # The data is on another disk: only beside the file can another take its place at once.
        beside = copy.target.with_name(f".{copy.target.name[:200]}.{os.getpid()}.part")
        try:
            shutil.copyfile(copy.source, beside)
            beside.replace(copy.target)
        finally:
            beside.unlink(missing_ok=True)


class _Ledger:
    """Which files in a project are as this tool wrote them: by size and time."""

    def __init__(self, project: Path) -> None:
        self._project = project
        self._file = project / LOCAL_FOLDER / _LEDGER
        self._marks: dict[str, list[int]] = {}
        with contextlib.suppress(OSError, ValueError):
            marks = json.loads(self._file.read_text(encoding="utf-8"))
            self._marks = marks if isinstance(marks, dict) else {}

    def knows(self, path: Path) -> bool:
        return self._marks.get(self._name(path)) == _mark(path)

    def add(self, path: Path) -> None:
        if path.is_relative_to(self._project):
            self._marks[self._name(path)] = _mark(path)

    def save(self) -> None:
        if not self._marks:
            return
        partial = self._file.with_suffix(".part")
        with contextlib.suppress(OSError):
            partial.write_text(json.dumps(self._marks, indent=1), encoding="utf-8")
            partial.replace(self._file)

    def _name(self, path: Path) -> str:
        return path.relative_to(self._project).as_posix()


def _mark(path: Path) -> list[int]:
    status = path.stat()
    return [status.st_size, status.st_mtime_ns]
