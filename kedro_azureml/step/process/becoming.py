"""How a process that is there already becomes a step: as if it had been started as one."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path


def become(argv: Sequence[str], cwd: str, environment: Mapping[str, str], log: str) -> None:
    """Take a step's arguments, folder, variables and log.

    Args:
        argv: The step's arguments.
        cwd: Its working directory.
        environment: All of its variables; those that a shell adds are added here.
        log: Where its standard output and error go.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.close(descriptor)
    os.environ.clear()
    os.environ.update({"PWD": cwd, "SHLVL": "0", "_": sys.executable, **environment})
    os.chdir(cwd)
    sys.argv = [str(Path(__file__).parents[1] / "__main__.py"), *argv]
