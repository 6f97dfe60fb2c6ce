"""Which of a step's nodes failed."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

from kedro.framework.hooks import hook_impl
from kedro.pipeline.node import Node

_NODE = "_kedro_azureml_node"
_SHOWN = 3


class NodeErrors:
    """A Kedro hook that writes on a node's error which node it is of."""

    @hook_impl
    def on_node_error(self, error: Exception, node: Node) -> None:
        """Called by Kedro's runners."""
        # Some exceptions take no attributes.
        with contextlib.suppress(AttributeError, TypeError):
            setattr(error, _NODE, node.name)


def name_nodes(error: BaseException, nodes: Sequence[str]) -> str:
    """The node that failed, where it is known; else all nodes of the step, cut to one line."""
    failed = getattr(error, _NODE, None)
    names = [failed] if isinstance(failed, str) else nodes
    shown = ", ".join(f"'{name}'" for name in names[:_SHOWN])
    return f"{shown} and {len(names) - _SHOWN} more" if len(names) > _SHOWN else shown
