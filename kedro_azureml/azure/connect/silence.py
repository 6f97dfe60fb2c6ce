"""Keeps the Azure SDK's own output away from the user.

The SDK writes progress bars, hints about experimental classes and warnings to the standard error,
and to the standard output a dot each time that it has asked how something stands.
What a person has to know comes as a diagnostic instead.
"""

from __future__ import annotations

import contextlib
import io
import logging
import sys
import warnings
from collections.abc import Iterator
from typing import Any

_DOT = "."
_SOURCES = ("azure", "msal", "urllib3")


class _Sink(io.StringIO):
    """Forgets what is written to it."""

    def write(self, text: str) -> int:
        return len(text)


class _WithoutDots:
    """The standard output, on which others may have something to say meanwhile."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        return len(text) if text == _DOT else int(self._stream.write(text))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Silence the SDK in the ``with`` block, also what it does in other threads meanwhile.

    It belongs to the main thread, because what is silenced belongs to the process. Everything is
    put back when the block ends.
    """
    # Some loggers below these have a level and a handler of their own.
    names = [*_SOURCES, *logging.root.manager.loggerDict]
    loggers = [logging.getLogger(n) for n in names if n.partition(".")[0] in _SOURCES]
    levels = {logger: logger.level for logger in loggers}
    for logger in levels:
        logger.setLevel(logging.CRITICAL)
    try:
        with (
            warnings.catch_warnings(),
            contextlib.redirect_stderr(_Sink()),
            contextlib.redirect_stdout(_WithoutDots(sys.stdout)),
        ):
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in levels.items():
            logger.setLevel(level)
