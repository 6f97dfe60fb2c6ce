"""How a process ends: Python's last search for garbage takes 0.3 s once pandas and its like are in.

`gc.freeze` spares it what is there already. But a file that a module left open is closed, and what
it holds is written, by that search alone, as long as a function of the module refers to it.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

_STANDARD = 2


def may_lose_data() -> bool:
    """Tell whether this process has more open for writing than its standard output and error."""
    try:
        from fcntl import F_GETFL, fcntl

        descriptors = [int(place.name) for place in Path("/dev/fd").iterdir()]
    except (ImportError, OSError, ValueError):
        return True
    for descriptor in descriptors:
        try:
            writes = fcntl(descriptor, F_GETFL) & os.O_ACCMODE != os.O_RDONLY
            if descriptor > _STANDARD and writes and not _is_kernels(descriptor):
                return True
        except OSError:
            # The one that listed the others is closed.
            continue
    return False


def _is_kernels(descriptor: int) -> bool:
    """Tell whether it is neither file, pipe nor socket: an event counter has nothing to lose."""
    return stat.S_IFMT(os.fstat(descriptor).st_mode) == 0
