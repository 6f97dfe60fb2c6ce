"""Ends the steps of a rehearsal that is killed itself, and so can end nothing any more."""

from __future__ import annotations

import atexit
import os
import subprocess
import threading
from contextlib import suppress

# It is told which process groups run. Its input ends when this process does, however that ends.
_SCRIPT = r"""
groups=" "
while read -r what group; do
  case $what in
    +) groups="$groups$group " ;;
    -) groups="${groups%%" $group "*} ${groups#*" $group "}" ;;
  esac
done
for group in $groups; do kill -s KILL -- "-$group"; done
"""


class Guardian:
    """A shell that outlives this process for as long as it takes to kill what is left of it."""

    def __init__(self) -> None:
        """Nothing is started before there is something to watch."""
        self._lock = threading.Lock()
        self._shell: subprocess.Popen[bytes] | None = None

    def watch(self, group: int) -> None:
        """A process group has begun."""
        self._tell(f"+ {group}\n")

    def leave(self, group: int) -> None:
        """A process group that was watched has ended, or is about to be reaped."""
        self._tell(f"- {group}\n")

    def close(self) -> None:
        """Let the shell go; what is still watched is killed."""
        with self._lock, suppress(OSError):
            if self._shell is not None:
                self._shell.communicate()
                self._shell = None

    def _tell(self, line: str) -> None:
        # Without a shell, or one that was killed, all is as if nobody were watching.
        with self._lock, suppress(OSError):
            if self._shell is None:
                self._shell = subprocess.Popen(
                    ["sh", "-c", _SCRIPT],
                    cwd="/",
                    env={"PATH": os.environ.get("PATH", os.defpath)},
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    bufsize=0,
                    start_new_session=True,
                )
                atexit.register(self.close)
            if self._shell.stdin is not None:
                self._shell.stdin.write(line.encode())


GUARDIAN = Guardian()
