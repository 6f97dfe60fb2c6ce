"""The environment that has mlflow, azureml-mlflow and kedro-mlflow, which the tests' own has not.

`make test` makes it: `python3 tools/venv.py .venv-mlflow test mlflow`. It has all that the tests'
own environment has, this package too, so that `kedro azureml` works in it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kit.projects import REPOSITORY

FOLDER = REPOSITORY / ".venv-mlflow"


def mlflow_program(name: str = "python") -> Path:
    """A program of the environment, such as ``kedro``; the test is skipped where it is missing."""
    program = FOLDER / "bin" / name
    if not program.exists():
        pytest.skip("mlflow is not installed: `make test` puts it into .venv-mlflow")
    return program
