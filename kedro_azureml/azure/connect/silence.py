"""Keeps the Azure SDK's own output away from the user.

The SDK writes progress bars, hints about experimental classes and warnings to the standard error.
What a person has to know comes as a diagnostic instead.
"""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator

_SOURCES = ("azure", "msal", "urllib3")


class _Sink(io.StringIO):
    """Forgets what is written to it."""

    def write(self, text: str) -> int:
        return len(text)


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
        with warnings.catch_warnings(), contextlib.redirect_stderr(_Sink()):
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in levels.items():
            logger.setLevel(level)
