"""Kedro's runner of a step's nodes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kedro.utils import load_obj

from kedro_azureml.step.errors import StepError

if TYPE_CHECKING:
    from kedro.runner import AbstractRunner


def make_runner(name: str | None, params: Mapping[str, Any]) -> AbstractRunner:
    """Make one of Kedro's own runners, or one that a path leads to; Kedro's default for None.

    Raises:
        StepError: The class cannot be imported here, or does not take the parameters.
    """
    try:
        runner_class = load_obj(name or "SequentialRunner", "kedro.runner")
    except Exception as error:
        raise StepError(
            f"the runner '{name}' cannot be imported: {type(error).__name__}: {error}. Install "
            "its package in the environment of the steps."
        ) from error
    try:
        runner: AbstractRunner = runner_class(**params)
    except TypeError as error:
        raise StepError(f"the runner cannot be made with these parameters: {error}.") from error
    return runner
