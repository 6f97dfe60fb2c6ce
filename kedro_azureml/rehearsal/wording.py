"""Times and paths as every part of the display shows them."""

from __future__ import annotations

from pathlib import Path

from kedro_azureml.rehearsal.report import StepReport
from kedro_azureml.wording import duration


def seconds_of(step: StepReport) -> str:
    """How long a step took, for people."""
    return "" if step.seconds is None else duration(step.seconds, digits=1)


def shown(path: Path) -> str:
    """The path as the user would type it here."""
    here = Path.cwd()
    return path.relative_to(here).as_posix() if path.is_relative_to(here) else str(path)
