"""The processes of a step: one, or as many as its distribution asks for."""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_HOST = "127.0.0.1"


@dataclass(frozen=True)
class Rank:
    """One process: on which machine, with which log, and what only it is told."""

    log: str
    node: int = 0
    variables: dict[str, str] = field(default_factory=dict)
    serves: bool = False


def ranks_of(distribution: Mapping[str, Any] | None, instances: int) -> list[Rank]:
    """The processes that the contract's section Distributed describes."""
    if not distribution:
        return [Rank("std_log.txt")]
    kind = str(distribution["type"]).lower()
    if kind == "tensorflow":
        return _tensorflow(distribution, instances)
    each = int(distribution.get("process_count_per_instance") or 1)
    variables = {"pytorch": _pytorch, "mpi": _mpi}[kind](each, instances)
    return [
        Rank(f"std_log_process_{rank}.txt", rank // each, own) for rank, own in enumerate(variables)
    ]


def _pytorch(each: int, instances: int) -> list[dict[str, str]]:
    # The real port is 6105; here several jobs share one machine.
    (port,) = _free_ports(1)
    return [
        {
            "MASTER_ADDR": _HOST,
            "MASTER_PORT": str(port),
            "WORLD_SIZE": str(each * instances),
            "NODE_RANK": str(rank // each),
            "RANK": str(rank),
            "LOCAL_RANK": str(rank % each),
        }
        for rank in range(each * instances)
    ]


def _mpi(each: int, instances: int) -> list[dict[str, str]]:
    (port,) = _free_ports(1)
    return [
        {
            "OMPI_COMM_WORLD_RANK": str(rank),
            "OMPI_COMM_WORLD_SIZE": str(each * instances),
            "OMPI_COMM_WORLD_LOCAL_RANK": str(rank % each),
            "OMPI_COMM_WORLD_LOCAL_SIZE": str(each),
            "AZ_BATCH_MASTER_NODE": f"{_HOST}:{port}",
        }
        for rank in range(each * instances)
    ]


def _tensorflow(distribution: Mapping[str, Any], instances: int) -> list[Rank]:
    workers = int(distribution.get("worker_count") or instances)
    servers = int(distribution.get("parameter_server_count") or 0)
    addresses = [f"{_HOST}:{port}" for port in _free_ports(workers + servers)]
    cluster = {"worker": addresses[:workers]}
    if servers:
        cluster["ps"] = addresses[workers:]
    on_each = -(-workers // instances)

    def rank(kind: str, index: int) -> Rank:
        config = {
            "cluster": cluster,
            "task": {"type": kind, "index": index},
            "environment": "cloud",
        }
        node = index // on_each if kind == "worker" else index % instances
        suffix = "_ps" if kind == "ps" else ""
        log = f"std_log_process_{index}{suffix}.txt"
        return Rank(log, node, {"TF_CONFIG": json.dumps(config)}, kind == "ps")

    return [
        *(rank("worker", index) for index in range(workers)),
        *(rank("ps", index) for index in range(servers)),
    ]


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind((_HOST, 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()
