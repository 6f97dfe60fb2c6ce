"""A runner of the user's own, which ``azure.grouping.runner`` names by its path."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

from kedro.runner import AbstractRunner
from kedro.utils import load_obj

from kedro_azureml.config.models.grouping import RUNNERS
from kedro_azureml.diagnostics import Diagnostic


def check_runner(path: str) -> Iterator[Diagnostic]:
    """KAZ104 for a path that leads to no runner; the runner is not made."""
    if path in RUNNERS:
        return
    try:
        runner = load_obj(path)
    except Exception as error:
        yield _wrong(
            f"The runner '{path}' cannot be imported: {type(error).__name__}: {error}",
            "Correct the path, or install its package here and in the environment of the steps.",
        )
        return
    if not (inspect.isclass(runner) and issubclass(runner, AbstractRunner)):
        yield _wrong(
            f"'{path}' is no subclass of kedro.runner.AbstractRunner.", "Name a class that is one."
        )
    elif inspect.isabstract(runner):
        missing = " and ".join(sorted(runner.__abstractmethods__))
        yield _wrong(f"The runner '{path}' lacks {missing}.", "Write what is missing.")


def _wrong(message: str, remedy: str) -> Diagnostic:
    return Diagnostic("KAZ104", message, remedy, where="azureml.yml azure.grouping.runner")
