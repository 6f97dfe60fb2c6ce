"""Who is told how a call to Azure goes."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from typing import Protocol

from kedro_azureml.diagnostics import Diagnostic


class Progress(Protocol):
    """Is told what happens, from any thread."""

    def say(self, line: str) -> None:
        """Take something that is worth a line of its own."""

    def doing(self, activity: str) -> None:
        """Take what goes on now; it is forgotten when the next thing begins."""

    def warn(self, findings: Iterable[Diagnostic]) -> None:
        """Take findings that stop nothing; only ever called from the caller's own thread."""


class Silent:
    """Tells nobody."""

    def say(self, line: str) -> None:
        """Forget the line."""

    def doing(self, activity: str) -> None:
        """Forget the activity."""

    def warn(self, findings: Iterable[Diagnostic]) -> None:
        """Forget the findings."""


class Counted:
    """Counts towards a number, and says so now and then where there is no spinner."""

    def __init__(self, progress: Progress, activity: str, total: int) -> None:
        """Begin to count."""
        self._progress = progress
        self._activity = activity
        self._total = total
        self._done = 0
        self._lock = threading.Lock()
        self._said = time.monotonic()

    def one_more(self) -> None:
        """Count one."""
        with self._lock:
            self._done += 1
            text = f"{self._activity}: {self._done} of {self._total}"
            self._progress.doing(text)
            if time.monotonic() - self._said > 10:
                self._said = time.monotonic()
                self._progress.say(text)
