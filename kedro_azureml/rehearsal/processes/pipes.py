"""Pipes to processes that are started."""

from __future__ import annotations

import os

_FIRST_OTHER = 3


def make_pipe() -> tuple[int, int]:
    """Make a pipe, and return where it is read and where it is written.

    Neither is a standard stream, though this process may have closed its own: a process that is
    started would have another there.
    """
    import fcntl  # not on Windows, where nothing is rehearsed

    ends = os.pipe()
    try:
        reader, writer = (fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, _FIRST_OTHER) for end in ends)
    finally:
        for end in ends:
            os.close(end)
    return reader, writer
