"""The processes of one step, of which one that fails ends all others."""

from __future__ import annotations

import math
import signal
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from queue import Empty, SimpleQueue

from kedro_azureml.rehearsal.launch.launcher import Exit, start_command
from kedro_azureml.rehearsal.processes.group import ProcessGroup
from kedro_azureml.rehearsal.processes.marking import kill_marked, mark_of

# Undocumented: how long the others get between SIGTERM and SIGKILL when one has failed.
RANK_GRACE_SECONDS = 5.0


@dataclass(frozen=True)
class Rank:
    """One process to start.

    Attributes:
        label: What to call it: ``rank 1``, ``worker 0``, ``ps 0``.
        environment: All its variables.
        cwd: Its working directory.
        log: Its log.
        serves: Whether it runs until the others are done.
    """

    label: str
    environment: Mapping[str, str]
    cwd: Path
    log: Path
    serves: bool = False


class RankedLaunch:
    """A step with several processes; see `kedro_azureml.rehearsal.launch.launcher.Launch`."""

    def __init__(self, command: str, ranks: Sequence[Rank], release: Callable[[], None]) -> None:
        """Start all processes.

        Args:
            command: What each of them runs.
            ranks: The processes.
            release: Is called when all have ended.

        Raises:
            OSError: One cannot be started; the others are ended.
        """
        self._ranks = ranks
        self._release = release
        self._groups: list[ProcessGroup] = []
        self._running = set(range(len(ranks)))
        self._asked = False
        self._unended: tuple[str, ...] = ()
        self._ends: SimpleQueue[tuple[int, int]] = SimpleQueue()
        try:
            for rank in ranks:
                group = start_command(command, rank.cwd, rank.environment, rank.log, sweeps=False)
                self._groups.append(group)
        except BaseException:
            self._signal_all(signal.SIGKILL)
            for group in self._groups:
                group.wait()
            release()
            raise

    def go(self) -> None:
        """Do nothing: they have begun."""

    def signal(self, number: int) -> None:
        """Send a signal to all processes of all ranks."""
        if not self._asked:
            self._unended = tuple(self._ranks[n].label for n in sorted(self._running))
        self._asked = True
        self._signal_all(number)

    def _signal_all(self, number: int) -> None:
        for group in self._groups:
            group.signal(number)

    def wait(self) -> Exit:
        """Wait for the end of them all; end the others when one has failed."""
        threads = [
            threading.Thread(target=self._await, args=(number,), daemon=True)
            for number in range(len(self._groups))
        ]
        for thread in threads:
            thread.start()
        failed = self._follow()
        for thread in threads:
            thread.join()
        kill_marked(mark_of(self._ranks[0].environment))
        self._release()
        return replace(failed or Exit(0), unended=self._unended)

    def _await(self, number: int) -> None:
        self._ends.put((number, self._groups[number].wait()))

    def _follow(self) -> Exit | None:
        """Return how the first one failed, if any did, after all have ended."""
        running = self._running
        failed: Exit | None = None
        ending = False
        killed_at = math.inf
        while running:
            try:
                patience = None if killed_at == math.inf else max(0.0, killed_at - time.monotonic())
                number, code = self._ends.get(timeout=patience)
            except Empty:
                self._signal_all(signal.SIGKILL)
                killed_at = math.inf
                continue
            running.discard(number)
            rank = self._ranks[number]
            if code != 0 and not ending:
                failed = failed or Exit(code, rank.label, number, rank.log)
            if self._asked or ending:
                # Whoever asked the step to end sees to it that it does.
                continue
            if failed or all(self._ranks[n].serves for n in running):
                # One has failed, or only those are left that serve nobody any more.
                ending = True
                killed_at = time.monotonic() + RANK_GRACE_SECONDS
                self._signal_all(signal.SIGTERM)
        return failed
