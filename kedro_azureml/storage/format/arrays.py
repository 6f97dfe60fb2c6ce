"""NumPy, where the process has it anyway; nothing here needs it."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

# Bytes from which on large pages pay.
_LARGE = 4 << 20


def numpy_if_loaded() -> Any:
    """Return the module, or None."""
    # None stands there for a module that must not be imported. Another thread may be importing it
    # just now: this waits for it.
    return None if sys.modules.get("numpy") is None else import_module("numpy")


def room(size: int) -> bytearray | memoryview:
    """Memory to fill. NumPy asks for large pages, which the system has ready in half the time."""
    np = numpy_if_loaded() if size >= _LARGE else None
    return bytearray(size) if np is None else memoryview(np.empty(size, np.uint8))
