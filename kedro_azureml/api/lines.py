"""Progress as lines: what a command would print, given to a function of the caller's."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable

from kedro_azureml.diagnostics import Diagnostic

# Takes each line that is worth telling; `print` shows it.
TellLine = Callable[[str], None]


class LineStream(io.StringIO):
    """A stream that gives whole lines to a function.

    Args:
        tell: The function; None forgets them.
    """

    def __init__(self, tell: TellLine | None) -> None:
        super().__init__()
        self._tell = tell
        self._rest = ""

    def write(self, text: str) -> int:
        """Take a piece of text."""
        *lines, self._rest = (self._rest + text).split("\n")
        if self._tell is not None:
            for line in lines:
                self._tell(line)
        return len(text)


class LineProgress:
    """A `kedro_azureml.azure.progress.Progress` that gives lines to a function.

    Args:
        tell: The function; None forgets them.
    """

    def __init__(self, tell: TellLine | None) -> None:
        self._tell = tell or (lambda _: None)

    def say(self, line: str) -> None:
        """Give the line."""
        self._tell(line)

    def doing(self, activity: str) -> None:
        """Give the activity."""
        self._tell(activity)

    def warn(self, findings: Iterable[Diagnostic]) -> None:
        """Give each finding as a line."""
        for finding in findings:
            self._tell(str(finding))
