"""The mark of a distributed node, and how to find it."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, TypeVar, cast

from kedro_azureml.distributed.config import DistributedConfig, Framework

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
        if not callable(function):
            raise TypeError(
                f"distributed_job decorates functions, and {function!r} cannot be called; "
                "@classmethod and @property belong above it"
            )
        if distribution_of(function) is not None:
            raise ValueError(f"distributed_job: {function!r} is distributed already")
        return cast("_Function", _marked(function, config))

    return decorate


def distribution_of(function: Callable[..., Any]) -> DistributedConfig | None:
    """Return what the decorator was given, or None if the node's function is not distributed.

    Sees through `functools.partial`, bound methods, objects with a decorated ``__call__``, and
    every decorator that uses `functools.wraps`.
    """
    while True:
        for holder in (function, inspect.getattr_static(type(function), "__call__", None)):
            mark = getattr(holder, _MARK, None)
            if isinstance(mark, DistributedConfig):
                return mark
        if not isinstance(function, functools.partial):
            return None
        function = function.func


def _marked(function: Callable[..., Any], config: DistributedConfig) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    def generate(*args: Any, **kwargs: Any) -> Any:
        return (yield from function(*args, **kwargs))

    # Kedro asks the function itself whether it yields.
    wrapper = generate if inspect.isgeneratorfunction(function) else call
    functools.update_wrapper(wrapper, function)
    setattr(wrapper, _MARK, config)
    return wrapper
