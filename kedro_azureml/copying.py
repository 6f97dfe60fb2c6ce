"""Files that take the place of others."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Copy:
    """One file to put in its place."""

    source: Path
    target: Path


class CopyError(Exception):
    """Some files were not copied; the files that are not named as copied are unchanged.

    Attributes:
        reason: Why, in a sentence without its full stop.
        copied: How many were copied before, as words.
        is_failure: False when it was Ctrl-C.
    """

    def __init__(self, reason: str, copied: str, *, is_failure: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.copied = copied
        self.is_failure = is_failure


def copy_all(copies: Sequence[Copy]) -> None:
    """Copy files one after another, each whole or not at all.

    Raises:
        CopyError: One cannot be written, or Ctrl-C came.
    """
    count = 0
    try:
        for copy in copies:
            _replace(copy)
            count += 1
    except (OSError, KeyboardInterrupt) as error:
        copied = f"{count} of {len(copies)} files were copied before"
        if isinstance(error, OSError):
            reason = f"'{copies[count].target}' cannot be written: {error.strerror or error}"
            raise CopyError(reason, copied, is_failure=True) from error
        raise CopyError("Copying was interrupted", copied, is_failure=False) from error


def _replace(copy: Copy) -> None:
    copy.target.parent.mkdir(parents=True, exist_ok=True)
    # Beside the file: only there it is sure that it can take its place at once.
    partial = copy.target.with_name(f".{copy.target.name[:200]}.{os.getpid()}.part")
    try:
        shutil.copyfile(copy.source, partial)
        partial.replace(copy.target)
    finally:
        partial.unlink(missing_ok=True)
