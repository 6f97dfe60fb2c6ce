"""The end of a process that a node has forked by itself, and not as `multiprocessing` does.

In ``kedro run`` such a process ends as the command does. The end of a step is not its to come to:
that removes the step's folders, ends its MLflow run and says how it went, while the step goes on.
"""

from __future__ import annotations

import contextlib
import os
import sys
import traceback
from collections.abc import Iterator

from kedro_azureml.step.process.fork_exit import leave


@contextlib.contextmanager
def ended_with_the_nodes() -> Iterator[None]:
    """End a process that was forked within the ``with`` block at the end of the block."""
    process = os.getpid()
    code = 0
    try:
        yield
    except BaseException as error:
        if os.getpid() == process:
            raise
        code = _say(error)
    if os.getpid() != process:
        leave(code, sys.modules.keys())
        os._exit(code)


def _say(error: BaseException) -> int:
    """Say what ended the process, as Python does, and return the exit code."""
    if isinstance(error, SystemExit):
        if error.code is None or isinstance(error.code, int):
            return int(error.code or 0)
        sys.stderr.write(f"{error.code}\n")
        return 1
    traceback.print_exception(error)
    return 1
