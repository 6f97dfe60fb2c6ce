"""The standard output holds what a command prints, and nothing that Kedro says.

Kedro logs to the standard output by default, and says where its logging configuration comes from
while it is imported, before it loads any plugin. So `kedro_azureml_stdout.pth`, which Python reads
when it starts, calls `keep_clean` for a ``kedro azureml`` command: the stream leads to the standard
error until the command itself begins. A command that prints a document or JSON diverts it again.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import TextIO

_STDOUT, _STDERR = 1, 2

# Leads to where the standard output led, while that is diverted.
_kept: TextIO | None = None


def keep_clean() -> None:
    """Divert the standard output if this process is going to be a ``kedro azureml`` command."""
    words = sys.orig_argv
    before, program = ["", "", *words[: words.index("azureml")]][-2:]
    folder, name = os.path.split(program)
    # The installed program, or `python -m kedro`.
    if os.path.splitext(name)[0] == "kedro" and (folder or before == "-m"):  # noqa: PTH122
        open_what_is_closed()
        divert()


def open_what_is_closed() -> None:
    """Lead standard streams that are closed to nowhere.

    Else the next file or pipe that is opened is somebody's standard input.
    """
    while (opened := os.open(os.devnull, os.O_RDWR)) <= _STDERR:
        pass
    os.close(opened)
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115


def divert() -> None:
    """Lead all that is written to the standard output to the standard error, until `restore`."""
    global _kept
    if _kept is not None or not _is_real():
        return
    sys.stdout.flush()
    try:
        kept = os.dup(_STDOUT)
        os.dup2(_STDERR, _STDOUT)
    except OSError:
        # A process without a standard error has nowhere to lead it to.
        return
    _kept = os.fdopen(kept, "w", encoding=sys.stdout.encoding, errors=sys.stdout.errors)


def restore() -> None:
    """Lead the standard output to where it led before `divert`."""
    global _kept
    if _kept is None:
        return
    sys.stdout.flush()
    os.dup2(_kept.fileno(), _STDOUT)
    _kept.close()
    _kept = None


def write_document(text: str) -> None:
    """Write a document or JSON to the standard output, diverted or not."""
    stream = _kept or sys.stdout
    stream.write(text if text.endswith("\n") else f"{text}\n")
    stream.flush()


def _is_real() -> bool:
    """Tell whether `sys.stdout` is the stream of the process, and nobody's replacement."""
    try:
        return sys.stdout.fileno() == _STDOUT
    except (AttributeError, OSError, ValueError):
        return False
