"""The processes of one step while they run, and their end."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

import psutil


class Processes:
    """Starts a step's processes, each in a group of its own, and ends them together."""

    def __init__(self, mark: tuple[str, str], grace: float) -> None:
        """Prepare.

        Args:
            mark: A variable and its value that all processes of the step inherit.
            grace: Seconds between SIGTERM and SIGKILL.
        """
        self._mark = mark
        self._grace = grace
        self._main: list[subprocess.Popen[bytes]] = []
        self._servers: list[subprocess.Popen[bytes]] = []

    def start(
        self, command: str, folder: Path, variables: Mapping[str, str], log: Path, *, serves: bool
    ) -> None:
        """Start one: both its streams go into one log."""
        with log.open("ab") as output:
            process = subprocess.Popen(
                ["bash", "-c", command],
                cwd=folder,
                env=dict(variables),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        (self._servers if serves else self._main).append(process)

    def ended(self) -> tuple[int, int] | None:
        """None while they run; the number and code of the first that failed, or of the first."""
        codes = [process.poll() for process in (*self._main, *self._servers)]
        for number, code in enumerate(codes):
            if code:
                return number, code
        return None if None in codes[: len(self._main)] else (0, 0)

    def end(self, *, gently: bool) -> int | None:
        """End all that still runs; the code of the first process."""
        if gently:
            self._signal(self._running(), signal.SIGTERM)
            deadline = time.monotonic() + self._grace
            while self._running() and time.monotonic() < deadline:
                time.sleep(0.02)
        self._signal((*self._main, *self._servers), signal.SIGKILL)
        for process in (*self._main, *self._servers):
            process.wait()
        self._kill_daemons()
        return self._main[0].returncode if self._main else None

    def _running(self) -> list[subprocess.Popen[bytes]]:
        return [p for p in (*self._main, *self._servers) if p.poll() is None]

    def _signal(self, processes: Iterable[subprocess.Popen[bytes]], number: int) -> None:
        for process in processes:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, number)

    def _kill_daemons(self) -> None:
        """Kill what has left its group: on Azure ML the container is gone."""
        name, value = self._mark
        for process in psutil.process_iter():
            with suppress(psutil.Error, OSError):
                if process.environ().get(name) == value:
                    process.kill()
