"""Kedro as a shell runs it: a process with an environment of its own, without a terminal."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.kit.waiting import PATIENCE

_STEERING = ("AZURE_", "AZUREML_", "KEDRO_", "MLFLOW_")


def environment(**variables: str | None) -> dict[str, str]:
    """This process's environment without what would steer Kedro or Azure.

    Args:
        variables: What to set, or to leave out where it is None.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_STEERING)}
    chosen = {**kept, "DO_NOT_TRACK": "1", "PYTHONUTF8": "1", **variables}
    return {name: value for name, value in chosen.items() if value is not None}


def run_kedro(
    project: Path,
    *arguments: str,
    check: bool = True,
    stdin: str = "",
    timeout: float = PATIENCE,
    variables: Mapping[str, str | None] | Mapping[str, str] | None = None,
    python: Path | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run ``kedro ...`` in the project.

    Args:
        project: The working directory.
        arguments: What follows ``kedro``.
        check: Fail the test, with the command's output, if the command fails.
        stdin: What it can read.
        timeout: Seconds until the command is given up.
        variables: Environment variables to set, or to leave out where they are None.
        python: The interpreter of another environment, whose Kedro it is.
    """
    done = subprocess.run(
        [str(python or sys.executable), "-m", "kedro", *arguments],
        cwd=project,
        env=environment(**(variables or {})),
        input=stdin,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        timeout=timeout,
        check=False,
    )
    if check and done.returncode:
        raise AssertionError(
            f"`kedro {' '.join(arguments)}` exits with {done.returncode}\n"
            f"--- its last output ---\n{done.stdout[-6000:]}\n"
            f"--- and errors ---\n{done.stderr[-6000:]}"
        )
    return done
