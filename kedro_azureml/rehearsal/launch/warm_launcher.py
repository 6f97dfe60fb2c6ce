"""Starts steps by forking a process that has imported the project (``--warm``, Linux).

A command that is not plainly ours is started cold, and so is everything once the process is gone.
"""

from __future__ import annotations

from collections.abc import Iterable

from kedro_azureml.job.step_record import StepRecord, literal_arguments
from kedro_azureml.rehearsal.launch.launcher import CommandLauncher, Launch, LaunchRequest
from kedro_azureml.rehearsal.launch.warm_process import WarmProcess
from kedro_azureml.rehearsal.plan.model import PlannedStep


class WarmLauncher:
    """Forks the steps that it can, and starts the others cold."""

    def __init__(self, process: WarmProcess, records: Iterable[StepRecord]) -> None:
        """Let the process get ready for these steps.

        Args:
            process: The process, which this closes.
            records: The steps that may be forked.
        """
        self._process = process
        self._cold = CommandLauncher()
        process.prepare([record.arguments() for record in records])

    def starts_early(self, step: PlannedStep) -> bool:
        """Answer no: a fork has nothing to gain from it."""
        return self._process.gone and self._cold.starts_early(step)

    def launch(self, order: LaunchRequest, *, early: bool) -> Launch:
        """Fork the step, as soon as the project is imported; see `Launcher.launch`."""
        argv = None if early else literal_arguments(order.command)
        forked = None if argv is None else self._process.fork(order, argv)
        return forked or self._cold.launch(order, early=early)

    def close(self) -> None:
        """End the process."""
        self._process.close()
