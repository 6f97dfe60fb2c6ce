"""Which of a step's processes this is, as its environment says.

Documented by Microsoft for Azure ML: ``RANK`` and ``WORLD_SIZE`` for PyTorch, ``TF_CONFIG`` for
TensorFlow (how-to-train-distributed-gpu), ``OMPI_COMM_WORLD_RANK`` and ``_SIZE`` for MPI.
``PMI_RANK`` and ``PMI_SIZE`` are what the launchers of MPICH and Intel MPI set.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# What a launcher sets beats what a function may have set since; no launcher sets two of these.
_VARIABLES = (
    ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"),
    ("PMI_RANK", "PMI_SIZE"),
    ("RANK", "WORLD_SIZE"),
)
# The tasks of TF_CONFIG that train, in the order of their ranks.
_TRAINING = ("chief", "master", "worker")


@dataclass(frozen=True)
class ProcessRank:
    """One process among those of a step.

    Attributes:
        rank: Its number, from 0.
        world_size: How many processes train; TensorFlow's parameter servers and evaluator do not
            count, and have ranks from there on.
        is_main: Whether it is the one that saves.
        label: What to call it: ``rank 3 of 4``, ``worker 1 of 2``, ``ps 0``.
    """

    rank: int = 0
    world_size: int = 1
    is_main: bool = True
    label: str = "rank 0 of 1"


def rank() -> int:
    """Return this process's number, from 0; it is 0 where nothing is distributed.

    Raises:
        RuntimeError: The environment contradicts itself.
    """
    return this_process().rank


def world_size() -> int:
    """Return how many processes share the work; it is 1 where nothing is distributed.

    Raises:
        RuntimeError: The environment contradicts itself.
    """
    return this_process().world_size


def is_main() -> bool:
    """Tell whether this process's results are saved: rank 0's, or those of TensorFlow's chief.

    Raises:
        RuntimeError: The environment contradicts itself.
    """
    return this_process().is_main


def this_process(environment: Mapping[str, str] | None = None) -> ProcessRank:
    """Read from the environment which process this is.

    Args:
        environment: The variables to look at; None for those of this process.

    Raises:
        RuntimeError: A variable is no number, or names a task that its cluster does not have.
    """
    variables = os.environ if environment is None else environment
    for rank_name, size_name in _VARIABLES:
        if variables.get(rank_name) and variables.get(size_name):
            number = _number(variables, rank_name)
            size = _number(variables, size_name)
            if not 0 <= number < size:
                raise RuntimeError(f"{rank_name}={number} is no rank where {size_name}={size}")
            return ProcessRank(number, size, number == 0, f"rank {number} of {size}")
    return _tensorflow_task(variables.get("TF_CONFIG", ""))


def _number(variables: Mapping[str, str], name: str) -> int:
    try:
        return int(variables[name])
    except ValueError:
        raise RuntimeError(f"{name}={variables[name]!r} is not a number") from None


def _tensorflow_task(text: str) -> ProcessRank:
    if not text.strip():
        return ProcessRank()
    try:
        config = json.loads(text)
        cluster = {kind: list(hosts) for kind, hosts in (config.get("cluster") or {}).items()}
        task: dict[str, Any] = config.get("task") or {}
        kind, index = str(task.get("type", "")), int(task.get("index", 0))
    except (ValueError, TypeError, AttributeError) as error:
        raise RuntimeError(f"TF_CONFIG cannot be read: {error}") from error
    if not cluster or not kind:
        return ProcessRank()
    order = [*_TRAINING, "ps", "evaluator"]
    # An evaluator is a task although it is no part of the cluster.
    if kind not in order or (kind != "evaluator" and not 0 <= index < len(cluster.get(kind, ()))):
        raise RuntimeError(f"TF_CONFIG names the task {kind} {index}, which its cluster lacks")
    sizes = [len(cluster.get(each, ())) for each in order]
    number = sum(sizes[: order.index(kind)]) + index
    size = sum(sizes[: len(_TRAINING)])
    training = kind in _TRAINING
    label = f"{kind} {index} of {len(cluster[kind])}" if kind == "worker" else f"{kind} {index}"
    return ProcessRank(number, max(size, 1), training and number == 0, label)
