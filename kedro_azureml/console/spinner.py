"""How a call to Azure looks while it goes on: lines, and on a terminal a spinner."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterable
from types import TracebackType
from typing import TextIO

from rich.live import Live
from rich.spinner import Spinner

from kedro_azureml.console.findings import print_diagnostics
from kedro_azureml.console.terminal import make_console, say
from kedro_azureml.diagnostics import Diagnostic
from kedro_azureml.formatting import one_line


class SpinnerDisplay:
    """A `kedro_azureml.azure.progress.Progress` on the standard error.

    Make it before the SDK is silenced: it writes to the stream that is the standard error then.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        """Show on a stream, the standard error unless another is given."""
        self._stream = stream or sys.stderr
        self._console = make_console(self._stream)
        self._spinner = Spinner("dots")
        self._live: Live | None = None
        self._lock = threading.Lock()

    def __enter__(self) -> SpinnerDisplay:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Take the spinner away until the next activity, so that somebody can be asked."""
        with self._lock:
            if self._live is not None:
                self._live.stop()
                self._live = None

    def say(self, line: str) -> None:
        """Print a line."""
        with self._lock:
            say(self._console, line)

    def warn(self, findings: Iterable[Diagnostic]) -> None:
        """Print findings."""
        self.stop()
        print_diagnostics(findings)

    def doing(self, activity: str) -> None:
        """Change the text at the spinner; nothing without a terminal."""
        if not self._stream.isatty():
            return
        with self._lock:
            self._spinner.update(text=one_line(activity))
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
