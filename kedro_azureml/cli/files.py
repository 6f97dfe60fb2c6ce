"""Writing files for the user."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterable
from difflib import unified_diff
from pathlib import Path

from kedro_azureml.diagnostics import Diagnostic, DiagnosticError
from kedro_azureml.formatting import and_more, shown

_MOST_CHANGES = 20
READ_ONLY = "Make the folder writable, or run init in a writable copy of the project."


def target_files(
    jobs: Iterable[str | None],
    output: str | None,
    suffix: str,
    mark: str,
    other_kind: str,
    option: str,
    *,
    into_folder: bool = False,
) -> dict[str | None, Path]:
    """Say where a command writes the file of each job; it replaces its own files and no others.

    Args:
        jobs: The jobs; None for one that has no name.
        output: What the option says: the file, or with several jobs the folder for them.
        suffix: The end of a file's name where the option does not say it.
        mark: What every file of the command holds.
        other_kind: What a file without the mark is, such as ``no compiled job``.
        option: The option that names the file.
        into_folder: Whether it names a folder, however many jobs there are.

    Raises:
        DiagnosticError: KAZ109.
    """
    names = {job: f"{job or 'pipeline'}{suffix}" for job in jobs}
    targets = {job: Path(output or "", name).absolute() for job, name in names.items()}
    if output is not None and len(names) == 1 and not into_folder:
        targets = dict.fromkeys(names, Path(output).absolute())
    for target in targets.values():
        _refuse_to_lose(target, mark, other_kind, option)
    return targets


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
        if target.exists() and not target.is_file():
            # A pipe or a device, such as /dev/null, would be gone for everybody.
            target.write_text(text, encoding="utf-8", newline="\n")
            return
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


def keep_or_replace(
    target: Path, text: str, *, check: bool, remedy: str, where: str | None = None
) -> tuple[bool, list[str]]:
    """Write a text file, or only say in which way it is another.

    Args:
        target: The file.
        text: What it shall hold.
        check: Write nothing.
        remedy: What to do if it cannot be written.
        where: The option that names the file, if one does.

    Returns:
        Whether it held the text already, and what to tell people.

    Raises:
        DiagnosticError: KAZ110.
    """
    if not check:
        replace_file(target, text, remedy, where)
        return True, [f"Written to {shown(target)}."]
    try:
        before = target.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return False, [f"{shown(target)} is not there."]
    if before == text:
        return True, [f"{shown(target)} is current."]
    changes = [
        f"  {line}"
        for line in unified_diff(before.splitlines(), text.splitlines(), lineterm="", n=0)
        if not line.startswith(("---", "+++", "@@"))
    ]
    left = len(changes) - _MOST_CHANGES
    more = [f"  {and_more(left, 'line')}"] if left > 0 else []
    return False, [f"{shown(target)} is not current:", *changes[:_MOST_CHANGES], *more]


def _refuse_to_lose(target: Path, mark: str, other_kind: str, option: str) -> None:
    # `Path.exists` fails for a name that is too long before Python 3.12.
    if not os.path.exists(target):  # noqa: PTH110
        return
    try:
        text = target.read_text("utf-8", "replace") if target.is_file() else ""
    except OSError:
        # Nobody knows what it holds.
        text = other_kind
    if target.is_dir() or (text.strip() and mark not in text):
        raise DiagnosticError(
            Diagnostic(
                "KAZ109",
                f"{shown(target)} exists and is {other_kind}. It was kept.",
                f"Name another file with {option}, or remove this one.",
                where=option,
            )
        )
