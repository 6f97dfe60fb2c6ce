"""Nodes of one name in several registered pipelines."""

from __future__ import annotations

from types import MethodType

from kedro.pipeline.node import Node


def is_same(node: Node, other: Node) -> bool:
    """Tell whether two nodes do the same: Kedro's own ``==`` does not look at the function."""
    return (
        node == other
        and set(node.confirms) == set(other.confirms)
        and (node.func is other.func or _is_same_method(node.func, other.func))
    )


def _is_same_method(function: object, other: object) -> bool:
    # Each look at a bound method makes a new object.
    return (
        isinstance(function, MethodType)
        and isinstance(other, MethodType)
        and function.__func__ is other.__func__
        and function.__self__ is other.__self__
    )
