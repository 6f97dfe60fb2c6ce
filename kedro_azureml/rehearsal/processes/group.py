"""A command as a process group of its own, of which nothing is left when the command has ended."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from kedro_azureml.rehearsal.processes.marking import kill_marked, mark_of
from kedro_azureml.rehearsal.processes.watchdog import WATCHDOG

# Undocumented which shell Azure ML uses; the documented examples need `&&`, pipes and $VAR.
SHELL = ("bash", "-c")
_SIGNAL_IN_A_SHELL = 128
_LONGEST_SWEEP = 2.0


class ProcessGroup:
    """A running command and all its descendants.

    They are one process group, and a session without a terminal: Ctrl-C does not reach them, only
    `signal` does.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        cwd: Path,
        env: Mapping[str, str],
        log: Path,
        pass_fds: Sequence[int] = (),
        sweeps: bool = True,
    ) -> None:
        """Start the command.

        Args:
            command: Program and arguments.
            cwd: Its working directory.
            env: All of its environment.
            log: Where its standard output and error go, one after the other.
            pass_fds: Descriptors that it inherits.
            sweeps: Whether the end of the command is the end of its step, of which nothing stays.

        Raises:
            OSError: It cannot be started.
        """
        self._lock = threading.Lock()
        self._ended = False
        self._marks = {*mark_of(env)} if sweeps else set()
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                command,
                cwd=cwd,
                env=dict(env),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=pass_fds,
                start_new_session=True,
            )
        WATCHDOG.watch(self._process.pid, mark_of(env))

    def wait(self) -> int:
        """Wait for the command, then kill what it left behind; return its exit code.

        A negative code is the number of the signal that ended it.
        """
        process = self._process
        if self._ended:
            # The number may be another's by now.
            return process.wait()
        if hasattr(os, "waitid"):
            # Not reaped yet, the process keeps its number, and the group cannot be another's.
            os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        else:
            process.wait()
        with self._lock:
            _signal_group(process.pid, signal.SIGKILL)
            WATCHDOG.leave(process.pid)
            code = process.wait()
            self._ended = True
        await_end_of_group(process.pid)
        kill_marked(self._marks)
        return code

    def signal(self, number: int) -> None:
        """Send a signal to every process of the group, if it still runs."""
        with self._lock:
            if not self._ended:
                _signal_group(self._process.pid, number)


def describe_exit(code: int) -> str:
    """Say an exit code in words."""
    number = -code if code < 0 else code - _SIGNAL_IN_A_SHELL
    name = _signal_name(number)
    hint = ", often for want of memory" if number == signal.SIGKILL else ""
    if code < 0:
        return f"was killed by signal {number} ({name or 'unknown'}{hint})"
    if name:
        return f"exited with code {code} (a process in it: signal {number}, {name}{hint})"
    return f"exited with code {code}"


_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
_TAIL_BYTES = 64 * 1024
_LONGEST_LINE = 400


def last_lines(log: Path, count: int) -> list[str]:
    """Return the last lines of a log, safe for a terminal whatever they contain."""
    try:
        with log.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _TAIL_BYTES))
            data = file.read(_TAIL_BYTES)
    except OSError:
        return []
    text = data.decode("utf-8", errors="replace").rstrip()
    # A progress bar rewrites its line with carriage returns: what counts is how it ended.
    lines = (line.rstrip("\r").rpartition("\r")[2] for line in text.split("\n"))
    return [_printable(line) for line in list(lines)[-count:]]


def _printable(line: str) -> str:
    plain = _ANSI.sub("", line).expandtabs()
    shown = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in plain)
    return shown if len(shown) <= _LONGEST_LINE else f"{shown[:_LONGEST_LINE]}\u2026"


def _signal_name(number: int) -> str | None:
    try:
        return signal.Signals(number).name
    except ValueError:
        return None


def _signal_group(group: int, number: int) -> None:
    # macOS answers PermissionError for a group that holds nothing but a zombie.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def await_end_of_group(group: int) -> None:
    """Wait until killed processes are gone, so that none of them writes after the step."""
    deadline = time.monotonic() + _LONGEST_SWEEP
    while time.monotonic() < deadline:
        try:
            os.killpg(group, 0)
        except OSError:
            return
        time.sleep(0.01)
