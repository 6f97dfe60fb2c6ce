"""Kedro on a terminal, where a person answers."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import subprocess
import sys
import termios
import time
from collections.abc import Sequence
from pathlib import Path

from tests.kit.shell import environment
from tests.kit.waiting import PATIENCE

CTRL_C = "\x03"


def run_kedro_on_terminal(
    project: Path,
    *arguments: str,
    conversation: Sequence[tuple[str, str]] = (),
    **variables: str | None,
) -> tuple[int, str]:
    """Run ``kedro ...`` on a terminal where a person answers.

    Args:
        project: The project.
        arguments: The command line after ``kedro``.
        conversation: Pairs of what must appear on the screen, and what is typed then.
        variables: Environment variables.

    Returns:
        The exit code and all that appeared on the screen.
    """
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "kedro", *arguments],
        cwd=project,
        env=environment(TERM="xterm", COLUMNS="80", **variables),
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
        preexec_fn=_take_terminal,
    )
    os.close(slave)
    pending = list(conversation)
    screen, answered, typed = "", 0, ""
    deadline = time.monotonic() + PATIENCE
    while (chunk := _read(master)) != "":
        screen += chunk or ""
        if pending and pending[0][0] in screen[answered:]:
            answered = len(screen)
            typed = pending.pop(0)[1]
            os.write(master, typed.encode())
        elif chunk is None and typed == CTRL_C:
            # Python's readline loses a Ctrl-C that arrives after it has shown its prompt and before
            # it waits for a key (CPython's readline_until_enter_or_signal): a person presses again.
            os.write(master, typed.encode())
        if time.monotonic() > deadline:
            process.kill()
            raise AssertionError(f"It still waits: {screen[-2000:]}")
    os.close(master)
    return process.wait(timeout=PATIENCE), screen.replace("\r\n", "\n")


def _read(master: int) -> str | None:
    """What has appeared, None after five silent seconds, an empty string at the end."""
    if not select.select([master], [], [], 5)[0]:
        return None
    try:
        return os.read(master, 4096).decode(errors="replace")
    except OSError:  # how Linux reports the end of a terminal
        return ""


def _take_terminal() -> None:
    """Make the terminal the new session's own, so that Ctrl-C on it reaches the process."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
