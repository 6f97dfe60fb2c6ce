"""Writing files for the user."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from kedro_azureml.diagnostics import Diagnostic, DiagnosticError


def replace_file(target: Path, text: str, remedy: str, where: str | None = None) -> None:
    """Write a text file whole or not at all, making its folder if need be.

    Args:
        target: The file; an existing one is replaced.
        text: Its content, written as UTF-8 with Unix line ends.
        remedy: What to do if it cannot be written.
        where: The option that names the file, if one does.

    Raises:
        DiagnosticError: KAZ110.
    """
    partial = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(text, encoding="utf-8", newline="\n")
        partial.replace(target)
    except OSError as error:
        with contextlib.suppress(OSError):
            partial.unlink()
        reason = error.strerror or str(error)
        raise DiagnosticError(
            Diagnostic(
                "KAZ110", f"{shown(target)} cannot be written: {reason}.", remedy, where=where
            )
        ) from None


def shown(path: Path) -> str:
    """The path as the user would type it here."""
    here = Path.cwd()
    return path.relative_to(here).as_posix() if path.is_relative_to(here) else str(path)
