"""A copy of exactly what Azure ML uploads."""

from __future__ import annotations

import errno
import os
import re
import shutil
from pathlib import Path

from kedro_azureml.diagnostics import Diagnostic, DiagnosticError
from kedro_azureml.formatting import listed
from kedro_azureml.job.snapshot.listing import Snapshot, list_snapshot

_NOT_PLAIN = re.compile(r"[*?\[\]\\ ]")


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


def let_in(snapshot: Snapshot, copy: Path) -> None:
    """See to it that Azure ML uploads all of a copy.

    Its rules are held against where a link leads. In a copy there are no links, and a pattern that
    names the link would drop what is behind it: its ignore file gets a line for each such file.

    Raises:
        DiagnosticError: KAZ505, no line can let a file in.
    """
    seen = list_snapshot(copy)
    dropped = _differences(snapshot, seen)
    if dropped and seen.ignore_file:
        lines = [f"!/{_NOT_PLAIN.sub(lambda match: chr(92) + match[0], path)}" for path in dropped]
        with (copy / seen.ignore_file).open("a", encoding="utf-8") as file:
            file.write("\n".join(["", *lines, ""]))
        dropped = _differences(snapshot, list_snapshot(copy))
    if dropped:
        raise DiagnosticError(
            Diagnostic(
                "KAZ505",
                f"{listed(dropped)} lies behind a link whose own name is ignored.",
                "Remove the link, or list the folder it leads to in .amlignore.",
                where=str(snapshot.root),
            )
        )


def _differences(snapshot: Snapshot, copy: Snapshot) -> list[str]:
    return sorted({file.path for file in snapshot.files} ^ {file.path for file in copy.files})


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
