"""PyTorch: the command once a process, with the variables of ``init_process_group("env://")``.

Documented by Microsoft in how-to-train-distributed-gpu: no torchrun is needed.
"""

from __future__ import annotations

from kedro_azureml.rehearsal.launch.distributed.framework import (
    ADDRESS,
    log_of,
    node_environment,
    with_rank,
)
from kedro_azureml.rehearsal.launch.distributed.layout import processes_of
from kedro_azureml.rehearsal.launch.distributed.ports import Ports
from kedro_azureml.rehearsal.launch.distributed.ranks import Rank, RankedLaunch
from kedro_azureml.rehearsal.launch.launcher import Launch, LaunchRequest
from kedro_azureml.rehearsal.plan.model import PlannedDistribution

# Documented for the SDK v1.
MASTER_PORT = 6105


class PyTorch:
    """Starts the ranks of a PyTorch step."""

    def launch(
        self, order: LaunchRequest, distribution: PlannedDistribution, ports: Ports
    ) -> Launch:
        """Start them; see `Framework.launch`."""
        (port,) = taken = ports.take(1, preferred=MASTER_PORT)
        ranks = [
            Rank(
                label=f"rank {process.rank}",
                environment=with_rank(
                    node_environment(order, distribution, process.node),
                    MASTER_ADDR=ADDRESS,
                    MASTER_PORT=port,
                    WORLD_SIZE=distribution.workers,
                    NODE_RANK=process.node,
                    RANK=process.rank,
                    LOCAL_RANK=process.local_rank,
                ),
                cwd=order.working_copies[process.node],
                log=log_of(order, process),
            )
            for process in processes_of(distribution)
        ]
        return RankedLaunch(order.command, ranks, lambda: ports.release(taken))
