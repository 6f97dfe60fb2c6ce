"""Writing files for the user."""

from __future__ import annotations

import contextlib
import errno
import os
from pathlib import Path

from kedro_azureml.diagnostics import Diagnostic, DiagnosticError
from kedro_azureml.formatting import shown

READ_ONLY = "Make the folder writable, or run init in a writable copy of the project."


def target_path(output: str | None, name: str, *, several: bool) -> Path:
    """Say where a command writes the file of one job.

    Args:
        output: What the option says: the file, or with several jobs the folder for them.
        name: The file's name where the option does not say it.
        several: Whether there are several jobs.
    """
    if output is None:
        return Path(name).absolute()
    return Path(output, name).absolute() if several else Path(output).absolute()


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
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            remedy = "Free some space there."
        raise DiagnosticError(
            Diagnostic(
                "KAZ110", f"{shown(target)} cannot be written: {reason}.", remedy, where=where
            )
        ) from None


def refuse_to_lose(target: Path, mark: str, what: str, option: str) -> None:
    """Let a command replace what it wrote before, and no other file.

    Args:
        target: The file that is to be written.
        mark: What every file of the command holds.
        what: What a file without the mark is, such as ``no compiled job``.
        option: The option that names the file.

    Raises:
        DiagnosticError: KAZ109.
    """
    if not target.exists():
        return
    try:
        text = target.read_text(encoding="utf-8") if target.is_file() else ""
    except (OSError, UnicodeDecodeError):
        text = ""
    if target.is_dir() or (text.strip() and mark not in text):
        raise DiagnosticError(
            Diagnostic(
                "KAZ109",
                f"{shown(target)} exists and is {what}. It was kept.",
                f"Name another file with {option}, or remove this one.",
                where=option,
            )
        )
