"""Which processes a distributed step has, on which node, and what their logs are called."""

from __future__ import annotations

from dataclasses import dataclass

from kedro_azureml.rehearsal.plan.model import PlannedDistribution

# Seen on real jobs; a rank may be zero-padded there.
_LOG = "std_log_process_{number}.txt"
_SERVER_LOG = "std_log_process_{number}_ps.txt"
# Seen: where mpirun itself writes.
MPI_LOG = "mpi_log.txt"


@dataclass(frozen=True)
class Process:
    """One process of a step.

    Attributes:
        rank: Its number among the workers, or among the parameter servers.
        node: The machine that it is on, from 0.
        local_rank: Its number among those of its machine.
        serves: Whether it is a parameter server, which ends when the workers have.
    """

    rank: int
    node: int
    local_rank: int
    serves: bool = False

    @property
    def log_name(self) -> str:
        """The name of its log in ``user_logs``."""
        return (_SERVER_LOG if self.serves else _LOG).format(number=self.rank)


def workers_per_node(distribution: PlannedDistribution) -> int:
    """Return how many workers the first machine has; the last may have fewer."""
    return -(-distribution.workers // distribution.nodes)


def processes_of(distribution: PlannedDistribution) -> list[Process]:
    """Return all processes: ranks consecutive on each machine, parameter servers last.

    Example:
        2 nodes and 4 workers: ranks 0 and 1 on node 0, ranks 2 and 3 on node 1.
    """
    per_node = workers_per_node(distribution)
    workers = [Process(r, r // per_node, r % per_node) for r in range(distribution.workers)]
    servers = [
        Process(s, s % distribution.nodes, per_node + s // distribution.nodes, serves=True)
        for s in range(distribution.parameter_servers)
    ]
    return workers + servers
