"""Which process a number stands for: the system gives the numbers of ended processes away again."""

from __future__ import annotations

import psutil

# Linux counts a start from the boot, whose time moves when the clock is set right.
_CLOCK_STEP = 10.0


def start_time(process: int) -> float | None:
    """Return when a process started, in seconds since 1970; None where that cannot be known."""
    try:
        return float(psutil.Process(process).create_time())
    except psutil.Error:
        return None


def is_running(process: int, started: float | None) -> bool:
    """Tell whether a process still runs.

    Args:
        process: Its number.
        started: What `start_time` said of it; None if nobody asked, and then any process that has
            the number is taken for it.
    """
    try:
        candidate = psutil.Process(process)
        if candidate.status() == psutil.STATUS_ZOMBIE:
            return False
        return started is None or abs(candidate.create_time() - started) < _CLOCK_STEP
    except psutil.NoSuchProcess:
        return False
    except psutil.Error:
        return True
