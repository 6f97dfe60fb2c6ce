"""Ports of this machine that no other step of the rehearsal has been given."""

from __future__ import annotations

import socket
import threading


class Ports:
    """Hands ports out; several steps may ask at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._taken: set[int] = set()

    def take(self, count: int, preferred: int | None = None) -> list[int]:
        """Ports that nobody listens on now.

        Args:
            count: How many.
            preferred: The first, if it is free.

        Raises:
            OSError: There are none.
        """
        with self._lock:
            found: list[int] = []
            if preferred is not None and preferred not in self._taken and _is_free(preferred):
                found.append(preferred)
            while len(found) < count:
                port = _any_free()
                if port not in self._taken and port not in found:
                    found.append(port)
            self._taken.update(found)
            return found

    def release(self, ports: list[int]) -> None:
        """Take ports back."""
        with self._lock:
            self._taken.difference_update(ports)


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
