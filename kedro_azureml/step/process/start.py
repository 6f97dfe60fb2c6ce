"""How a step that the rehearsal starts early learns when to begin.

Its process imports the project and then reads one byte from a pipe. The end of the pipe without
that byte means that the step is not needed.
"""

from __future__ import annotations

import os

# The descriptor of the pipe. Azure ML sets no such variable.
START_VARIABLE = "KEDRO_AZUREML_START_FD"
GO = b"g"
# The first argument of the process from which a rehearsal forks its steps.
FORK_SERVER = "--fork-server"


def starts_early() -> bool:
    """Tell whether this process was started before the step is due."""
    return START_VARIABLE in os.environ


def wait_for_start() -> bool:
    """Wait until the step is due; False when it is not needed."""
    descriptor = os.environ.pop(START_VARIABLE, None)
    if descriptor is None:
        return True
    word = os.read(int(descriptor), 1)
    os.close(int(descriptor))
    return word == GO
