"""A copy of exactly what Azure ML uploads."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

from kedro_azureml.diagnostics import Diagnostic, DiagnosticError
from kedro_azureml.job.snapshot.listing import Snapshot


def copy_snapshot(snapshot: Snapshot, destination: Path) -> None:
    """Copy the contents of `snapshot` into `destination`, a new or empty folder.

    Only contents are copied: blob storage keeps neither permissions nor times.

    Raises:
        DiagnosticError: A file vanished or cannot be read, or the disk is full.
    """
    made: set[Path] = set()
    for file in snapshot.files:
        target = destination / file.path
        try:
            if target.parent not in made:
                target.parent.mkdir(parents=True, exist_ok=True)
                made.add(target.parent)
            shutil.copyfile(file.source, target)
        except OSError as error:
            raise DiagnosticError(copy_failure(error, file.path, snapshot.root)) from error


def copy_failure(error: OSError, path: str, root: Path) -> Diagnostic:
    """Say why a file could not be copied."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return Diagnostic(
            "KAZ604",
            f"There is no space left to copy '{path}'.",
            "Free some space, or prune older rehearsals with `kedro azureml run --local --keep 1`.",
            where=str(root),
        )
    if isinstance(error, FileNotFoundError) and not os.path.lexists(root / path):
        return Diagnostic(
            "KAZ505",
            f"'{path}' vanished while it was copied.",
            "Run the command again when nothing changes the folder.",
            where=str(root),
        )
    return Diagnostic(
        "KAZ505",
        f"'{path}' cannot be copied: {error.strerror or error}.",
        "Make it readable, or list it in .amlignore if the steps do not need it.",
        where=str(root),
    )
