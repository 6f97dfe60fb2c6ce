"""What tells the processes of a step from all others, wherever they have moved to.

A process can leave its group and its session, but not lose the variables that it was started with.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Collection, Mapping

import psutil

# The one variable that no two steps share; every process of a step inherits it, on every node.
MARK = "AZUREML_CR_DATA_CAPABILITY_PATH"


def kill_marked(marks: Collection[str]) -> None:
    """Kill all processes of steps.

    Args:
        marks: What `MARK` is in the environment of each step.
    """
    for process in psutil.process_iter() if marks else ():
        with contextlib.suppress(psutil.Error, OSError):
            if process.environ().get(MARK) in marks:
                process.kill()


def mark_of(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return the mark of the processes that are started with an environment, if it has one."""
    return (environment[MARK],) if MARK in environment else ()


if __name__ == "__main__":
    kill_marked([mark for mark in sys.argv[1:] if mark])
