"""Ctrl-C and its relatives: counted while steps run, raised while nothing runs yet."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT")
_SIGNALS = tuple(getattr(signal, name) for name in _NAMES if hasattr(signal, name))


class Interrupts:
    """Handles the signals that ask this process to end, while it is entered.

    Attributes:
        count: How often it was asked since `count_from_now_on`.
    """

    def __init__(self) -> None:
        """Prepare; no signal is handled yet."""
        self.count = 0
        self._wake: Callable[[], None] | None = None
        self._previous: dict[int, Any] = {}

    def count_from_now_on(self, wake: Callable[[], None]) -> None:
        """Count, instead of raising `KeyboardInterrupt`.

        Args:
            wake: Called at each signal, from a signal handler.
        """
        self._wake = wake

    def __enter__(self) -> Interrupts:
        if threading.current_thread() is threading.main_thread():
            for number in _SIGNALS:
                # One that is ignored, as under nohup, stays ignored; a handler that is not Python's
                # (None) could not be put back.
                if signal.getsignal(number) not in (signal.SIG_IGN, None):
                    self._previous[number] = signal.signal(number, self._handle)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self._wake is None:
            raise KeyboardInterrupt
        self.count += 1
        self._wake()
