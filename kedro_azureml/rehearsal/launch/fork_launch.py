"""A step that is a fork of the fork server, seen from the rehearsal."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from queue import SimpleQueue
from typing import Any

from kedro_azureml.rehearsal.launch.launcher import CommandLauncher, Exit, Launch, LaunchRequest
from kedro_azureml.rehearsal.processes.group import await_end_of_group
from kedro_azureml.rehearsal.processes.marking import kill_marked, mark_of
from kedro_azureml.rehearsal.processes.watchdog import WATCHDOG


class ForkLaunch:
    """A step that is or will be forked, or is started cold because the process is gone."""

    def __init__(
        self,
        order: LaunchRequest,
        number: int,
        requests: SimpleQueue[dict[str, Any] | None],
        early: bool,
    ) -> None:
        """Wait for what `forked`, `ended` and `lost` tell.

        Args:
            order: The step.
            number: What the server calls it.
            requests: Takes what the server is told.
            early: Whether the step waits for `go`.
        """
        self._order = order
        self._number = number
        self._requests = requests
        self._early = early
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._group: int | None = None
        self._code: int | None = None
        self._instead: Launch | None = None
        self._error: OSError | ValueError | None = None

    def go(self) -> None:
        """Let a step begin that waits for it; any other has begun, or will as soon as it can."""
        with self._lock:
            early, self._early = self._early, False
            if self._instead is not None:
                self._instead.go()
            elif early and self._group is not None:
                self._requests.put({"go": self._number})

    def wait(self) -> Exit:
        """Wait for the end of its processes; see `Launch`."""
        self._over.wait()
        if self._error is not None:
            raise self._error
        if self._instead is not None:
            return self._instead.wait()
        if self._group is not None:
            await_end_of_group(self._group)
            kill_marked(mark_of(self._order.environment))
        return Exit(self._code if self._code is not None else -signal.SIGKILL)

    def signal(self, number: int) -> None:
        """Send a signal to its processes; see `Launch`."""
        with self._lock:
            if self._instead is not None:
                self._instead.signal(number)
            elif self._over.is_set():
                return
            elif self._group is None:
                # It has not begun, and never will, whenever the process gets to it.
                self._code = -number
                self._over.set()
            else:
                _signal_group(self._group, number)

    def forked(self, group: int) -> None:
        """Note that the step has a process, which begins when it is watched."""
        WATCHDOG.watch(group, mark_of(self._order.environment))
        with self._lock:
            self._group = group
            if self._over.is_set():
                _signal_group(group, signal.SIGKILL)
            elif not self._early:
                self._requests.put({"go": self._number})

    def ended(self, code: int) -> None:
        """Note that the step's process has ended, and with it its whole group."""
        with self._lock:
            if self._group is not None:
                WATCHDOG.leave(self._group)
            if not self._over.is_set():
                self._code = code
                self._over.set()

    def lost(self) -> None:
        """Note that the process that forks is gone, or cannot fork any more."""
        with self._lock:
            if self._group is not None:
                _signal_group(self._group, signal.SIGKILL)
                WATCHDOG.leave(self._group)
            if self._over.is_set():
                return
            if self._group is not None:
                # How it would have ended nobody can tell any more.
                self._code = -signal.SIGKILL
            else:
                try:
                    self._instead = CommandLauncher().launch(self._order, early=self._early)
                except (OSError, ValueError) as error:
                    self._error = error
            self._over.set()


def _signal_group(group: int, number: int) -> None:
    # A fork makes its group itself: until then there is only the process.
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        with contextlib.suppress(ProcessLookupError):
            os.kill(group, number)
