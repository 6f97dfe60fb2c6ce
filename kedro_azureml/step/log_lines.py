"""Lines that a step writes to its log beside the project's own."""

from __future__ import annotations

import sys


def write_line(text: str) -> None:
    """Write a line. Not by logging: the project's configuration may keep that silent."""
    sys.stdout.write(f"kedro-azureml: {text}\n")
    sys.stdout.flush()
