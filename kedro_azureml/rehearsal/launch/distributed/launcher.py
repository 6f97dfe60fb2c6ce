"""The launcher of a rehearsal with distributed steps."""

from __future__ import annotations

from kedro_azureml.rehearsal.launch.distributed.framework import Framework
from kedro_azureml.rehearsal.launch.distributed.mpi import Mpi
from kedro_azureml.rehearsal.launch.distributed.ports import Ports
from kedro_azureml.rehearsal.launch.distributed.pytorch import PyTorch
from kedro_azureml.rehearsal.launch.distributed.tensorflow import TensorFlow
from kedro_azureml.rehearsal.launch.launcher import Launch, Launcher, LaunchRequest
from kedro_azureml.rehearsal.plan.model import DistributionType, PlannedStep

FRAMEWORKS: dict[DistributionType, Framework] = {
    "pytorch": PyTorch(),
    "tensorflow": TensorFlow(),
    "mpi": Mpi(),
}


class DistributedLauncher:
    """Starts each distributed step by its framework, and every other as another launcher does."""

    def __init__(self, ordinary: Launcher) -> None:
        self._ordinary = ordinary
        self._ports = Ports()

    def starts_early(self, step: PlannedStep) -> bool:
        """Answer as the other launcher does."""
        return self._ordinary.starts_early(step)

    def launch(self, order: LaunchRequest, *, early: bool) -> Launch:
        """Start a step; see `Launcher.launch`."""
        distribution = order.distribution
        if distribution is None:
            return self._ordinary.launch(order, early=early)
        return FRAMEWORKS[distribution.type].launch(order, distribution, self._ports)

    def close(self) -> None:
        """Close the other launcher."""
        self._ordinary.close()
