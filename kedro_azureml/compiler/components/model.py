"""The components that take the place of nodes, as a compilation knows them."""

from __future__ import annotations

from dataclasses import dataclass, field

from kedro_azureml.diagnostics import Diagnostic
from kedro_azureml.job.model import Component


@dataclass(frozen=True)
class GivenComponent:
    """A component in the place of a node.

    Attributes:
        step: The node's step.
        component: The component.
        where: Where azureml.yml names it.
    """

    step: str
    component: Component
    where: str


@dataclass
class GivenComponents:
    """All components that take a node's place.

    Attributes:
        of: By step.
        problems: KAZ202 and KAZ237.
    """

    of: dict[str, GivenComponent] = field(default_factory=dict)
    problems: list[Diagnostic] = field(default_factory=list)


def wrong(message: str, remedy: str, where: str) -> Diagnostic:
    """Report KAZ237."""
    return Diagnostic("KAZ237", message, remedy, where=where)
