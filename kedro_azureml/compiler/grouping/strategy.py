"""A way of grouping: what decides which nodes share a step.

It gives each node a label or none: nodes with the same label share a step, a node without one has
its own. Other packages add ways under the entry points `kedro_azureml.groupings`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from kedro.pipeline import Pipeline

from kedro_azureml.config import GroupingConfig


@dataclass(frozen=True)
class GroupingRequest:
    """What a way of grouping is asked.

    Attributes:
        pipeline: The nodes.
        name: The pipeline's name in the project.
        config: ``azure.grouping`` of azureml.yml; `options` are for ways of other packages.
        in_memory: Whether a dataset, by the name that its producer uses, is only in memory.
    """

    pipeline: Pipeline
    name: str
    config: GroupingConfig
    in_memory: Callable[[str], bool]


class Grouping(Protocol):
    """A way of grouping, such as a function.

    Example:
        ```python
        def by_first_letter(request: GroupingRequest) -> dict[str, str]:
            return {node.name: node.name[0] for node in request.pipeline.nodes}
        ```
    """

    def __call__(self, request: GroupingRequest, /) -> Mapping[str, str]:
        """Return the label of each node that shares a step, by the node's name.

        Raises:
            DiagnosticError: Something in the user's project makes that impossible.
        """
