"""NumPy, where the process has it anyway; nothing here needs it."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any


def numpy_if_loaded() -> Any:
    """The module, or None."""
    # Another thread may be importing it just now: this waits for it.
    return import_module("numpy") if "numpy" in sys.modules else None


def room(size: int) -> memoryview:
    """Memory to fill. NumPy asks for large pages, which the system has ready in half the time."""
    np = numpy_if_loaded()
    return memoryview(bytearray(size)) if np is None else memoryview(np.empty(size, np.uint8))
