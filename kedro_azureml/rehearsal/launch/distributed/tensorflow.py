"""TensorFlow: the command once a task, with the cluster in ``TF_CONFIG``.

Documented by Microsoft in how-to-train-distributed-gpu; there a task's address is ``host:2222``,
here all hosts are this machine, so each task has a port of its own.
"""

from __future__ import annotations

import json

from kedro_azureml.rehearsal.launch.distributed.framework import (
    ADDRESS,
    log_of,
    node_environment,
    with_rank,
)
from kedro_azureml.rehearsal.launch.distributed.layout import Process, processes_of
from kedro_azureml.rehearsal.launch.distributed.ports import Ports
from kedro_azureml.rehearsal.launch.distributed.ranks import Rank, RankedLaunch
from kedro_azureml.rehearsal.launch.launcher import Launch, LaunchRequest
from kedro_azureml.rehearsal.plan.model import PlannedDistribution


class TensorFlow:
    """Starts the workers and the parameter servers of a TensorFlow step."""

    def launch(
        self, order: LaunchRequest, distribution: PlannedDistribution, ports: Ports
    ) -> Launch:
        """Start them; see `Framework.launch`."""
        taken = ports.take(distribution.processes)
        addresses = [f"{ADDRESS}:{port}" for port in taken]
        cluster = {"worker": addresses[: distribution.workers]}
        if distribution.parameter_servers:
            cluster["ps"] = addresses[distribution.workers :]
        ranks = [
            Rank(
                label=f"{_kind(process)} {process.rank}",
                environment=with_rank(
                    node_environment(order, distribution, process.node),
                    TF_CONFIG=json.dumps(
                        {
                            "cluster": cluster,
                            "task": {"type": _kind(process), "index": process.rank},
                            "environment": "cloud",
                        }
                    ),
                ),
                cwd=order.working_copies[process.node],
                log=log_of(order, process),
                serves=process.serves,
            )
            for process in processes_of(distribution)
        ]
        return RankedLaunch(order.command, ranks, lambda: ports.release(taken))


def _kind(process: Process) -> str:
    return "ps" if process.serves else "worker"
