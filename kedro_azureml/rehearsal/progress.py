"""Who is told how a rehearsal goes."""

from __future__ import annotations

from typing import Protocol

from kedro_azureml.rehearsal.report import RunReport, StepReport


class Progress(Protocol):
    """Is told of every change; always from the same thread."""

    def started(self, report: RunReport) -> None:
        """The rehearsal begins; no step has."""

    def step_changed(self, step: StepReport) -> None:
        """A step has a new status."""

    def notice(self, message: str) -> None:
        """Something worth a line: where the run's folder is, that a step is being ended."""

    def ended(self, report: RunReport) -> None:
        """The rehearsal is over."""


class Silent:
    """Shows nothing."""

    def started(self, report: RunReport) -> None:
        """Nothing."""

    def step_changed(self, step: StepReport) -> None:
        """Nothing."""

    def notice(self, message: str) -> None:
        """Nothing."""

    def ended(self, report: RunReport) -> None:
        """Nothing."""
