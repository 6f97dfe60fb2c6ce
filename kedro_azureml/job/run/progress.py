"""Who is told how a run goes, on this machine or on Azure ML."""

from __future__ import annotations

from typing import Protocol

from kedro_azureml.job.run.model import Run, RunStep


class RunProgress(Protocol):
    """An observer of one run; it is always told from the same thread.

    The `Run` is the same object from `began` to `ended`, and shows the present state of the run.
    """

    def began(self, run: Run) -> None:
        """Hear that the run begins, or is watched from now on."""

    def step_changed(self, step: RunStep) -> None:
        """Hear that a step has another status."""

    def logged(self, step: RunStep, text: str) -> None:
        """Hear that a step has printed whole lines."""

    def notice(self, message: str) -> None:
        """Something happened that is worth a line."""

    def ended(self, run: Run) -> None:
        """Hear that the run is over."""


class NoProgress:
    """An observer that shows nothing."""

    def began(self, run: Run) -> None:
        """Show nothing."""

    def step_changed(self, step: RunStep) -> None:
        """Show nothing."""

    def logged(self, step: RunStep, text: str) -> None:
        """Show nothing."""

    def notice(self, message: str) -> None:
        """Show nothing."""

    def ended(self, run: Run) -> None:
        """Show nothing."""
