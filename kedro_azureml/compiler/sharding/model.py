"""The sharded nodes of a job, as a compilation knows them."""

from __future__ import annotations

from dataclasses import dataclass, field

from kedro_azureml.diagnostics import Diagnostic


@dataclass(frozen=True)
class Sharding:
    """What a sharded node becomes.

    Attributes:
        step: The step that is its own.
        shards: How many steps take its place, or machines of one, at least 2.
        by: The input whose partitions are shared, as the node names it.
        output: The dataset that the node writes.
        combines: Whether a last step combines what the shards have returned.
        on_machines: Whether one step takes its place, on as many machines.
    """

    step: str
    shards: int
    by: str
    output: str
    combines: bool
    on_machines: bool = False


@dataclass
class Shardings:
    """All sharded nodes of a job.

    Attributes:
        of: Each, by the name of its step.
        problems: KAZ209, KAZ222 and KAZ223.
    """

    of: dict[str, Sharding] = field(default_factory=dict)
    problems: list[Diagnostic] = field(default_factory=list)

    @property
    def in_parts(self) -> set[str]:
        """The datasets of which each shard writes a part."""
        return {sharding.output for sharding in self.of.values() if not sharding.combines}
