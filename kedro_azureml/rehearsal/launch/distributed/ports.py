"""Ports of this machine that no other step has been given, nor another rehearsal."""

from __future__ import annotations

import os
import socket
import tempfile
import threading
from pathlib import Path


class Ports:
    """Hands ports out; several steps may ask at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._taken: dict[int, int | None] = {}

    def take(self, count: int, preferred: int | None = None) -> list[int]:
        """Take ports on which no program listens now.

        Args:
            count: How many.
            preferred: The first, if it is free and no rehearsal has it: seconds pass until a
                process listens on it.

        Raises:
            OSError: There are none.
        """
        with self._lock:
            ports: list[int] = []
            if preferred is not None and preferred not in self._taken and _is_free(preferred):
                reserved = _reserve(preferred)
                if reserved is not None:
                    self._taken[preferred] = reserved
                    ports.append(preferred)
            while len(ports) < count:
                port = _any_free()
                if port not in self._taken:
                    self._taken[port] = None
                    ports.append(port)
            return ports

    def release(self, ports: list[int]) -> None:
        """Take ports back."""
        with self._lock:
            for port in ports:
                reserved = self._taken.pop(port, None)
                if reserved is not None:
                    os.close(reserved)


def _reserve(port: int) -> int | None:
    """Return a descriptor that, while open, locks a port among this user's rehearsals."""
    import fcntl  # not on Windows, where this module must yet be importable

    path = Path(tempfile.gettempdir()) / f"kedro-azureml-{os.getuid()}-port-{port}.lock"
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # Connections of the step before that linger do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("", port))
        except OSError:
            return False
    return True


def _any_free() -> int:
    with socket.socket() as probe:
        probe.bind(("", 0))
        return int(probe.getsockname()[1])
