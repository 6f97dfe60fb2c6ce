"""Sharded nodes: what each becomes, and why one cannot be sharded."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from kedro.pipeline.node import Node

from kedro_azureml.compiler.data.job_datasets import Dataset
from kedro_azureml.compiler.grouping.groups import Group
from kedro_azureml.compiler.placement.node_numbers import Asker, NodeNumbers
from kedro_azureml.compiler.sharding.model import Sharding, Shardings
from kedro_azureml.dataset_names import base_name, is_parameter
from kedro_azureml.datasets.location import locate
from kedro_azureml.datasets.partitions import is_partitioned
from kedro_azureml.diagnostics import Diagnostic
from kedro_azureml.distributed.decorators import distribution_of
from kedro_azureml.distributed.sharding import PARTITIONS, ShardingConfig, sharding_of
from kedro_azureml.formatting import listed
from kedro_azureml.project.loaded import LoadedProject

# What reads the output has an input for each shard, and Azure ML documents 200 for a step.
MOST_SHARDS = 50
_SHARDED = Asker("sharded", "sharded", "KAZ223")


def find_shardings(
    groups: Iterable[Group], project: LoadedProject, datasets: Mapping[str, Dataset]
) -> Shardings:
    """Find the sharded nodes that have a step of their own.

    Args:
        groups: The nodes of each step.
        project: The project.
        datasets: What the nodes read and write.
    """
    found = Shardings()
    for group in groups:
        config = sharding_of(group.nodes[0].func)
        # `check_sharing` reports one that shares a step.
        if config is None or len(group.nodes) > 1:
            continue
        node = group.nodes[0]
        numbers = NodeNumbers(node, project.catalog, found.problems, _SHARDED)
        shards = numbers.resolve(config.counted, config.number, at_least=1)
        if shards is not None and shards > MOST_SHARDS:
            asks = f"asks for {shards} {config.counted}; {MOST_SHARDS} can be."
            found.problems.append(numbers.wrong(asks))
        asked = _Asked(node, config, project, datasets)
        problems = list(asked.check())
        found.problems += problems
        # One shard is the node as it stands.
        if shards is not None and shards > 1 and not problems:
            output = base_name(node.outputs[0])
            combines = config.combine is not None
            found.of[group.name] = Sharding(
                group.name,
                shards,
                asked.chosen[0],
                output,
                combines,
                on_machines=config.machines is not None,
            )
    return found


@dataclass(frozen=True)
class _Asked:
    """A node, and how it is to be sharded."""

    node: Node
    config: ShardingConfig
    project: LoadedProject
    datasets: Mapping[str, Dataset]

    @property
    def chosen(self) -> list[str]:
        """The inputs of the node that `by` may mean; one if all is well."""
        inputs = [name for name in dict.fromkeys(self.node.inputs) if not is_parameter(name)]
        parts = self.node.namespace.split(".") if self.node.namespace else []
        for length in range(len(parts), -1, -1):
            wanted = ".".join([*parts[:length], self.config.by])
            if named := [name for name in inputs if wanted in (name, base_name(name))]:
                return named
        return (
            [n for n in inputs if self._is_partitioned(n)] if self.config.by == PARTITIONS else []
        )

    def check(self) -> Iterator[Diagnostic]:
        """Report KAZ222: why the node cannot be sharded."""
        if distribution_of(self.node.func) is not None:
            yield self._wrong(
                "is distributed too: its processes share one step, and shards are several.",
                "Leave one of the two decorators out.",
            )
        if inspect.isgeneratorfunction(self.node.func):
            yield self._wrong(
                "is a generator, of which no shard knows what it has returned at last.",
                "Return a dictionary: its values may be functions, which Kedro calls one by one.",
            )
        if self.node.confirms:
            yield self._wrong(
                f"confirms {listed(self.node.confirms)}, which the first shard that ends would do, "
                "and a shard that starts later would find nothing new.",
                "Let a node that reads what this one writes confirm it.",
            )
        yield from self._check_input()
        yield from self._check_output()

    def _check_input(self) -> Iterator[Diagnostic]:
        chosen, by = self.chosen, self.config.by
        if not chosen and by == PARTITIONS:
            yield self._wrong(
                "reads no dataset of partitions that could be shared.",
                "Give one of its inputs the type partitions.PartitionedDataset in the catalog.",
            )
        elif not chosen:
            yield self._wrong(
                f"has no input '{by}'.",
                f"Let 'by' of its decorator name one of its inputs, or be '{PARTITIONS}'.",
            )
        elif len(chosen) > 1:
            yield self._wrong(
                f"reads several datasets of partitions: {listed(chosen)}.",
                f"Name the one that is shared: by={chosen[0]!r}.",
            )
        elif not self._is_partitioned(chosen[0]):
            yield self._wrong(
                f"shares '{chosen[0]}', which is no dataset of partitions.",
                "Give it the type partitions.PartitionedDataset in the catalog.",
                chosen[0],
            )
        elif self.config.balance is not None:
            location = locate(self.project.catalog.resolve(chosen[0]), self.project.path)
            if location.kind != "local":
                yield self._wrong(
                    f"balances its shares by the sizes in '{chosen[0]}', which is not in the job: "
                    "they might change between one shard and the next.",
                    "Leave 'balance' out of the decorator.",
                )

    def _check_output(self) -> Iterator[Diagnostic]:
        outputs = self.node.outputs
        if len(outputs) != 1:
            yield self._wrong(
                f"has {len(outputs)} outputs, and a sharded node has one.",
                "Let other nodes make the rest.",
            )
            return
        config, output = self.project.catalog.resolve(outputs[0]), outputs[0]
        dataset = self.datasets[base_name(output)]
        if self.config.combine is not None:
            return
        if not is_partitioned(config):
            yield self._wrong(
                f"writes '{output}', which is no dataset of partitions: the shards would all "
                "write the same.",
                "Give it the type partitions.PartitionedDataset in the catalog, or name what makes "
                "one result of several: @sharded(combine=...).",
                output,
            )
        elif dataset.is_published:
            yield self._wrong(
                f"writes '{output}', which Azure ML is to register or to put in one place, and "
                "each shard has an output of its own.",
                "Export it with azure.export, or let a node copy it to a dataset that is "
                "registered.",
                output,
            )
        elif dataset.location.kind == "remote" and config.get("overwrite"):
            yield self._wrong(
                f"writes '{output}' with 'overwrite', and each shard would delete what the others "
                "have written there.",
                "Leave 'overwrite' out of the catalog entry, or give it a path in the project.",
                output,
            )

    def _is_partitioned(self, name: str) -> bool:
        return is_partitioned(self.project.catalog.resolve(name))

    def _wrong(self, mistake: str, remedy: str, dataset: str | None = None) -> Diagnostic:
        place = self.project.catalog.place(dataset, ("type",)) if dataset else None
        message = f"The sharded node '{self.node.name}' {mistake}"
        return Diagnostic("KAZ222", message, remedy, where=place or f"node {self.node.name}")
