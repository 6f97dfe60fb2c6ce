"""How the processes of one framework are started: the protocol of PyTorch, TensorFlow and MPI."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from kedro_azureml.rehearsal.launch.distributed.layout import Process
from kedro_azureml.rehearsal.launch.distributed.ports import Ports
from kedro_azureml.rehearsal.launch.launcher import Launch, LaunchRequest
from kedro_azureml.rehearsal.plan.model import PlannedDistribution

# Every node is this machine.
ADDRESS = "127.0.0.1"


class Framework(Protocol):
    """Starts the processes of a distributed step, each with the variables that its rank needs."""

    def launch(
        self, order: LaunchRequest, distribution: PlannedDistribution, ports: Ports
    ) -> Launch:
        """Start them all.

        Args:
            order: What to start; its environment is that of a step with one process.
            distribution: How many, and where.
            ports: Where to get ports.

        Raises:
            OSError: One cannot be started.
        """


def node_environment(
    order: LaunchRequest, distribution: PlannedDistribution, node: int
) -> dict[str, str]:
    """Return the variables that all processes of one machine share in any framework."""
    return {
        **order.environment,
        "AZUREML_NODE_COUNT": str(distribution.nodes),
        "AZUREML_CR_NODE_RANK": str(node),
        "AZUREML_CR_EXECUTION_WORKING_DIR_PATH": str(order.working_copies[node]),
    }


def log_of(order: LaunchRequest, process: Process) -> Path:
    """Return the log of one process."""
    return order.log.parent / process.log_name


def with_rank(environment: Mapping[str, str], **variables: str | int) -> dict[str, str]:
    """Return an environment with a framework's variables, which override all others."""
    return {**environment, **{name: str(value) for name, value in variables.items()}}
