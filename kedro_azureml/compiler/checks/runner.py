"""A runner of the user's own, which ``azure.grouping.runner`` names by its path."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from kedro.runner import AbstractRunner
from kedro.utils import load_obj

from kedro_azureml.compiler.request import CompileRequest
from kedro_azureml.diagnostics import Diagnostic


def check_runner(path: str, request: CompileRequest) -> Iterator[Diagnostic]:
    """Report a path that leads to no runner, and parameters that it does not take.

    The runner is not made. The finding is KAZ107 for an option, KAZ104 for azureml.yml.
    """
    where = "azureml.yml azure.grouping.runner"
    wrong = partial(Diagnostic, "KAZ104", where=where)
    if request.runner:
        wrong = partial(Diagnostic, "KAZ107", where="--runner")
    try:
        runner = load_obj(path, "kedro.runner")
    except Exception as error:
        yield wrong(
            f"The runner '{path}' cannot be imported: {type(error).__name__}: {error}",
            "Correct the path, or install its package here and in the environment of the steps.",
        )
        return
    if not (inspect.isclass(runner) and issubclass(runner, AbstractRunner)):
        message = f"'{path}' is no subclass of kedro.runner.AbstractRunner."
        yield wrong(message, "Name a class that is one.")
    elif inspect.isabstract(runner):
        missing = " and ".join(sorted(runner.__abstractmethods__))
        yield wrong(f"The runner '{path}' lacks {missing}.", "Write what is missing.")
    else:
        yield from _check_params(runner, request.runner_params)


def _check_params(runner: type[AbstractRunner], params: Mapping[str, Any]) -> Iterator[Diagnostic]:
    try:
        inspect.signature(runner).bind(**params)
    except TypeError as error:
        yield Diagnostic(
            "KAZ107",
            f"The runner '{runner.__name__}' cannot be made with these parameters: {error}.",
            f"It is made as {runner.__name__}{inspect.signature(runner)}.",
            where="--runner-params",
        )
