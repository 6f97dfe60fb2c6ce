"""What a distributed node asks for, checked when it is asked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from kedro_azureml.dataset_names import PARAMETER_PREFIX

_PARAMETER = re.compile(rf"^{PARAMETER_PREFIX}[^\s:]+$")


class Framework(Enum):
    """What starts the processes and tells each its rank."""

    PyTorch = "PyTorch"
    TensorFlow = "TensorFlow"
    MPI = "MPI"


@dataclass(frozen=True)
class DistributedConfig:
    """How many processes on how many machines.

    A number may be the name of a parameter instead, ``params:num_nodes``, written as the node's
    inputs are before any namespace is added.

    Attributes:
        framework: What starts the processes.
        num_nodes: Machines, at least 1.
        processes_per_node: Processes on each machine, at least 1; TensorFlow's are its workers.
        parameter_servers: TensorFlow's, besides the workers.
    """

    framework: Framework
    num_nodes: int | str
    processes_per_node: int | str = 1
    parameter_servers: int | str = 0

    def __post_init__(self) -> None:
        if self.framework not in tuple(Framework):
            known = ", ".join(f"Framework.{f.name}" for f in Framework)
            raise TypeError(
                f"distributed_job: framework is {self.framework!r}, and must be one of {known}"
            )
        _check("num_nodes", self.num_nodes, at_least=1)
        _check("processes_per_node", self.processes_per_node, at_least=1)
        _check("parameter_servers", self.parameter_servers, at_least=0)
        if self.parameter_servers != 0 and self.framework is not Framework.TensorFlow:
            raise ValueError(
                "distributed_job: parameter_servers are TensorFlow's; "
                f"{self.framework.name} has none"
            )


def _check(name: str, value: object, *, at_least: int) -> None:
    check_number("distributed_job", name, value, at_least=at_least)


def check_number(decorator: str, name: str, value: object, *, at_least: int) -> None:
    """Check a number that a decorator is given, or the parameter that is to say it.

    Raises:
        TypeError: It is neither.
        ValueError: The number is too small, or the text names no parameter.
    """
    if isinstance(value, str):
        if not _PARAMETER.match(value):
            raise ValueError(
                f"{decorator}: {name}={value!r} is neither a number nor the name of a "
                f"parameter, such as 'params:{name}'"
            )
    elif isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{decorator}: {name}={value!r} must be a whole number or 'params:...'")
    elif value < at_least:
        raise ValueError(f"{decorator}: {name}={value!r} must be at least {at_least}")
