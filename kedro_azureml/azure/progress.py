"""Who is told how a submission goes."""

from __future__ import annotations

import sys
import threading
import time
from types import TracebackType
from typing import Protocol, TextIO

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner


class Progress(Protocol):
    """Is told what happens, from any thread."""

    def say(self, line: str) -> None:
        """Something worth a line of its own."""

    def doing(self, what: str) -> None:
        """What goes on now; forgotten when the next thing begins."""


class Shown:
    """Lines, and on a terminal what goes on behind a spinner.

    Made before the SDK is silenced: it writes to the stream that was the standard error then.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        """Show on a stream, the standard error unless another is given."""
        self._stream = stream or sys.stderr
        self._console = Console(file=self._stream, highlight=False, markup=False, emoji=False)
        self._spinner = Spinner("dots")
        self._live: Live | None = None
        self._lock = threading.Lock()

    def __enter__(self) -> Shown:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._lock:
            if self._live is not None:
                self._live.stop()
                self._live = None

    def say(self, line: str) -> None:
        """Print a line."""
        with self._lock:
            self._console.print(line, soft_wrap=True)

    def doing(self, what: str) -> None:
        """Change the text at the spinner; nothing without a terminal."""
        if not self._stream.isatty():
            return
        with self._lock:
            self._spinner.update(text=what)
            if self._live is None:
                # By default it would put back, when it ends, the standard error that it found: the
                # silenced one of `quiet`, and nothing would be seen of what is said after that.
                self._live = Live(
                    self._spinner,
                    console=self._console,
                    refresh_per_second=12.5,
                    transient=True,
                    redirect_stdout=False,
                    redirect_stderr=False,
                )
                self._live.start()


class Counted:
    """Counts towards a number, and says so now and then where there is no spinner."""

    def __init__(self, progress: Progress, what: str, total: int) -> None:
        """Begin to count."""
        self._progress = progress
        self._what = what
        self._total = total
        self._done = 0
        self._lock = threading.Lock()
        self._said = time.monotonic()

    def one_more(self) -> None:
        """Count one."""
        with self._lock:
            self._done += 1
            text = f"{self._what}: {self._done} of {self._total}"
            self._progress.doing(text)
            if time.monotonic() - self._said > 10:
                self._said = time.monotonic()
                self._progress.say(text)
