"""Ends the steps of a rehearsal that is killed itself, and so can end nothing any more."""

from __future__ import annotations

import atexit
import os
import subprocess
import sys
import threading
from collections.abc import Iterable
from contextlib import suppress

# It is told which process groups run, each with the marks of its processes. Its input ends when
# the process that watches does, however that ends; then "$0 -m $1" kills what has left its group.
_SCRIPT = r"""
python=$0 module=$1
shift
while read -r sign group mark; do
  case $sign in
    +) set -- "$@" "$group $mark" ;;
    -) for entry do
         shift
         [ "${entry%% *}" = "$group" ] || set -- "$@" "$entry"
       done ;;
  esac
done
[ $# -gt 0 ] || exit 0
for entry do
  shift
  kill -s KILL -- "-${entry%% *}"
  set -- "$@" "${entry#* }"
done
exec "$python" -m "$module" "$@"
"""
_SWEEP = "kedro_azureml.rehearsal.processes.marking"


class Watchdog:
    """A shell that outlives this process for as long as it takes to kill what is left of it."""

    def __init__(self) -> None:
        """Start nothing before there is something to watch."""
        self._lock = threading.Lock()
        self._shell: subprocess.Popen[bytes] | None = None

    def watch(self, group: int, marks: Iterable[str] = ()) -> None:
        """Kill a process group if this process ends before `leave` is called.

        Args:
            group: Its number.
            marks: What `marking.mark_of` says of its processes.
        """
        mark = "".join(marks)
        self._tell(f"+ {group} {'' if chr(10) in mark else mark}\n")

    def leave(self, group: int) -> None:
        """Stop watching a process group that has ended or is about to be reaped."""
        self._tell(f"- {group}\n")

    def close(self) -> None:
        """Close the shell's input, at which it kills what is still watched."""
        with self._lock, suppress(OSError):
            if self._shell is not None:
                self._shell.communicate()
                self._shell = None

    def _tell(self, line: str) -> None:
        # Without a shell, or one that was killed, all is as if nobody were watching.
        with self._lock, suppress(OSError):
            if self._shell is None:
                self._shell = subprocess.Popen(
                    ["sh", "-c", _SCRIPT, sys.executable, _SWEEP],
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
                self._shell.stdin.write(os.fsencode(line))


WATCHDOG = Watchdog()
