"""Distributed nodes: the decorator's numbers and parameters as the document has them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from kedro.pipeline.node import Node

from kedro_azureml.compiler.grouping.groups import Group
from kedro_azureml.compiler.placement.computes import Placements
from kedro_azureml.compiler.placement.node_numbers import Asker, NodeNumbers, in_namespaces
from kedro_azureml.dataset_names import parameter_key
from kedro_azureml.diagnostics import Diagnostic
from kedro_azureml.distributed.config import DistributedConfig, Framework
from kedro_azureml.distributed.decorators import distribution_of
from kedro_azureml.distributed.sharding import sharding_of
from kedro_azureml.formatting import count
from kedro_azureml.job.model import Distribution, Resources
from kedro_azureml.project.catalog import CatalogView

_DISTRIBUTED = Asker("distributed", "distributed_job", "KAZ220")


@dataclass(frozen=True)
class Distributed:
    """How many machines and processes a step has, as the document says it."""

    resources: Resources | None = None
    distribution: Distribution | None = None


@dataclass(frozen=True)
class Distributions:
    """The machines and processes of all steps.

    Attributes:
        of: A step's, by the step's name.
        problems: What is wrong with their numbers.
    """

    of: Mapping[str, Distributed]
    problems: tuple[Diagnostic, ...]


def is_distributed(node: Node) -> bool:
    """Tell whether a node needs a step of its own, because several processes run it."""
    return distribution_of(node.func) is not None


def sizing_parameters(nodes: Iterable[Node]) -> Iterator[str]:
    """Yield the parameters from which nodes may take their numbers, by dotted name.

    Those are of processes and machines, and of shards.
    """
    for node in nodes:
        config = distribution_of(node.func)
        if config is not None:
            numbers = (config.num_nodes, config.processes_per_node, config.parameter_servers)
            for reference in numbers:
                if isinstance(reference, str):
                    yield from map(parameter_key, in_namespaces(reference, node.namespace))
        sharding = sharding_of(node.func)
        if sharding is not None and isinstance(sharding.number, str):
            yield from map(parameter_key, in_namespaces(sharding.number, node.namespace))


def distribute(
    groups: Iterable[Group], catalog: CatalogView, placements: Placements
) -> Distributions:
    """Find each step's resources and distribution.

    The keys are those of Microsoft's reference-yaml-job-command. TensorFlow knows no processes on
    a machine but workers, so there are as many as machines times processes. The decorator's
    machines come before ``azure.compute``'s.
    """
    problems: list[Diagnostic] = []
    distributed: dict[str, Distributed] = {}
    for group in groups:
        resources = placements.of[group.name].resources
        config = distribution_of(group.nodes[0].func) if len(group.nodes) == 1 else None
        if config is not None:
            distributed[group.name] = _distributed(
                group.nodes[0], config, catalog, resources or Resources(), problems
            )
            continue
        distributed[group.name] = Distributed(resources)
        if resources and (resources.instance_count or 1) > 1:
            problems.append(_several_alone(group, placements, resources))
    return Distributions(distributed, tuple(problems))


def _distributed(
    node: Node,
    config: DistributedConfig,
    catalog: CatalogView,
    resources: Resources,
    problems: list[Diagnostic],
) -> Distributed:
    numbers = NodeNumbers(node, catalog, problems, _DISTRIBUTED)
    nodes = numbers.resolve("num_nodes", config.num_nodes, at_least=1)
    processes = numbers.resolve("processes_per_node", config.processes_per_node, at_least=1)
    servers = numbers.resolve("parameter_servers", config.parameter_servers, at_least=0)
    if nodes is None or processes is None or servers is None:
        return Distributed(resources)
    if servers > nodes:
        # Documented: "Parameter servers per node: 1" (how-to-manage-quotas).
        request = f"asks for {servers} parameter servers on {count(nodes, 'node')}"
        problems.append(numbers.wrong(f"{request}; Azure ML has room for one on each."))
    return Distributed(
        resources.model_copy(update={"instance_count": nodes}),
        _distribution(config, nodes, processes, servers),
    )


def _several_alone(group: Group, placements: Placements, resources: Resources) -> Diagnostic:
    alias = placements.of[group.name].compute_alias
    return Diagnostic(
        "KAZ221",
        f"The step '{group.name}' takes {count(resources.instance_count or 1, 'node')}, and its "
        "node is not distributed: at best one of them works, at worst all write the same outputs.",
        "Mark the node's function with kedro_azureml.distributed.distributed_job, or let its "
        "compute take one.",
        severity="warning",
        where=f"azureml.yml azure.compute.{alias}.instance_count",
    )


def describe(resources: Resources | None, distribution: Distribution | None) -> str:
    """Describe a step's processes as ``2 nodes x 4 pytorch``; empty for one process."""
    if distribution is None:
        return ""
    nodes = (resources and resources.instance_count) or 1
    machines = count(nodes, "node")
    if distribution.type != "tensorflow":
        return f"{machines} x {distribution.process_count_per_instance or 1} {distribution.type}"
    servers = distribution.parameter_server_count
    ps = f" + {servers} ps" if servers else ""
    return f"{machines}, {distribution.worker_count or nodes}{ps} tensorflow"


def _distribution(
    config: DistributedConfig, nodes: int, processes: int, servers: int
) -> Distribution:
    if config.framework is Framework.TensorFlow:
        return Distribution(
            type="tensorflow", worker_count=nodes * processes, parameter_server_count=servers
        )
    return Distribution(
        type="pytorch" if config.framework is Framework.PyTorch else "mpi",
        process_count_per_instance=processes,
    )
