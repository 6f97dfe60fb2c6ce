"""A Kedro hook that learns which of a step's nodes an error is of."""

from __future__ import annotations

from kedro.framework.hooks import hook_impl
from kedro.pipeline.node import Node

from kedro_azureml.step.failure import came_before_nodes, is_of_node


class NodeErrors:
    """Writes on an error which node it is of.

    Attributes:
        begun: Whether the nodes' turn has come.
    """

    begun = False

    @hook_impl(trylast=True)
    def before_pipeline_run(self) -> None:
        """Note that the nodes' turn has come: the project's own hooks have run."""
        self.begun = True

    @hook_impl
    def on_node_error(self, error: Exception, node: Node) -> None:
        """Remember the node beside the error; Kedro's runners call this."""
        is_of_node(error, node.name)

    def see(self, error: BaseException) -> None:
        """Write on the error of a whole run whether a node can have caused it."""
        if not self.begun:
            came_before_nodes(error)
