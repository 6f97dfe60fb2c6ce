"""What failed: which of a step's nodes, or what came before them."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

from kedro.framework.hooks import hook_impl
from kedro.pipeline.node import Node

from kedro_azureml.formatting import listed

_NODE, _BEFORE = "_kedro_azureml_node", "_kedro_azureml_before"
_SHOWN = 3
_LONGEST = 600


class NodeErrors:
    """A Kedro hook that writes on an error which node it is of.

    Attributes:
        begun: Whether the nodes' turn has come.
    """

    begun = False

    @hook_impl(trylast=True)
    def before_pipeline_run(self) -> None:
        """The last of these hooks: the project's own have done their part."""
        self.begun = True

    @hook_impl
    def on_node_error(self, error: Exception, node: Node) -> None:
        """Called by Kedro's runners."""
        _write(error, _NODE, node.name)

    def see(self, error: BaseException) -> None:
        """Write on the error of a whole run whether a node can have caused it."""
        if not self.begun:
            _write(error, _BEFORE, True)


def what_failed(error: BaseException, nodes: Sequence[str]) -> str:
    """The node that failed, where it is known; else all nodes of the step, cut to one line."""
    failed = getattr(error, _NODE, None)
    names = [failed] if isinstance(failed, str) else nodes
    shown = listed(names, _SHOWN)
    before = getattr(error, _BEFORE, False) is True
    return f"what comes before node {shown}" if before else f"node {shown}"


def import_failure(warning: str) -> str | None:
    """What Kedro warns of a pipeline that it leaves out; None for another warning.

    Args:
        warning: The text of a warning, from ``find_pipelines``: what, and a traceback.
    """
    if not warning.strip().startswith("An error occurred while importing"):
        return None
    lines = warning.strip().splitlines()
    return f"{lines[0].split('. ')[0]}: {lines[-1]}"


def in_one_line(text: str) -> str:
    """The text without line ends, and without its middle where it is long.

    Kedro's errors end with the cause.
    """
    line = " ".join(text.split())
    half = _LONGEST // 2
    return line if len(line) <= _LONGEST else f"{line[:half]} ... {line[-half:]}"


def _write(error: BaseException, name: str, value: object) -> None:
    # Some exceptions take no attributes.
    with contextlib.suppress(AttributeError, TypeError):
        setattr(error, name, value)
