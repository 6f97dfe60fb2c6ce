"""Marks on the functions of nodes: what a decorator says of a function, and how it is found."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, TypeVar, cast

_Function = TypeVar("_Function", bound=Callable[..., Any])
_Mark = TypeVar("_Mark")


def mark(function: _Function, name: str, value: object) -> _Function:
    """Return a function that does the same and bears a mark; the one that is given stays as it is.

    Args:
        function: The function.
        name: The attribute that holds the mark.
        value: What it says.

    Raises:
        TypeError: What is given cannot be called.
    """
    if not callable(function):
        raise TypeError(
            f"it decorates functions, and {function!r} cannot be called; "
            "@classmethod and @property belong above it"
        )

    def call(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    def generate(*args: Any, **kwargs: Any) -> Any:
        return (yield from function(*args, **kwargs))

    # Kedro asks the function itself whether it yields.
    wrapper = generate if inspect.isgeneratorfunction(function) else call
    functools.update_wrapper(wrapper, function)
    setattr(wrapper, name, value)
    return cast("_Function", wrapper)


def find_mark(function: Callable[..., Any], name: str, kind: type[_Mark]) -> _Mark | None:
    """Return what a mark says, or None where there is none.

    Sees through `functools.partial`, bound methods, objects with a decorated ``__call__``, and
    every decorator that uses `functools.wraps`.

    Args:
        function: The node's function.
        name: The attribute that holds the mark.
        kind: The class of what it says.
    """
    while True:
        for holder in (function, inspect.getattr_static(type(function), "__call__", None)):
            found = getattr(holder, name, None)
            if isinstance(found, kind):
                return found
        if not isinstance(function, functools.partial):
            return None
        function = function.func
