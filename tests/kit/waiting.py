"""Waiting for a condition, however busy the machine is."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

#: Seconds after which something is taken to never come: no measure of speed.
PATIENCE = 600.0
_TICK_SECONDS = 0.05


def wait_until(condition: Callable[[], Any]) -> None:
    """Wait until a condition is true; fail the test if it never is."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "the condition never came true"
        time.sleep(_TICK_SECONDS)
