"""The mark of a distributed node, and how to find it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from kedro_azureml.distributed.config import DistributedConfig, Framework
from kedro_azureml.distributed.marks import find_mark, mark

_Function = TypeVar("_Function", bound=Callable[..., Any])
_MARK = "__kedro_azureml_distributed__"


def distributed_job(
    framework: Framework,
    num_nodes: int | str,
    processes_per_node: int | str | None = 1,
    parameter_servers: int | str = 0,
) -> Callable[[_Function], _Function]:
    """Make the node of a function a distributed step of Azure ML.

    The function that this returns is marked, the one that it is given is not, so other nodes may
    use that one undistributed. Each process calls the function with the same inputs; what it
    returns is saved by the main process alone (see `kedro_azureml.distributed.is_main`).

    Args:
        framework: What starts the processes and tells each its rank.
        num_nodes: Machines, or the parameter that says how many: ``params:num_nodes``.
        processes_per_node: Processes on each machine, likewise; None is 1.
        parameter_servers: TensorFlow's parameter servers besides the workers, likewise.

    Raises:
        TypeError: An argument is of the wrong type, or what is decorated cannot be called.
        ValueError: A number is too small, text names no parameter, parameter servers are asked of
            another framework than TensorFlow, or the function is distributed already.
    """
    config = DistributedConfig(
        framework,
        num_nodes,
        1 if processes_per_node is None else processes_per_node,
        parameter_servers,
    )

    def decorate(function: _Function) -> _Function:
        if distribution_of(function) is not None:
            raise ValueError(f"distributed_job: {function!r} is distributed already")
        try:
            return mark(function, _MARK, config)
        except TypeError as error:
            raise TypeError(f"distributed_job: {error}") from None

    return decorate


def distribution_of(function: Callable[..., Any]) -> DistributedConfig | None:
    """Return what the decorator was given, or None if the node's function is not distributed.

    Sees through what `kedro_azureml.distributed.marks.find_mark` sees through.
    """
    return find_mark(function, _MARK, DistributedConfig)
