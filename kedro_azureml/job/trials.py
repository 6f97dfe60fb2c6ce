"""How many trials a step has, for people."""

from __future__ import annotations

from kedro_azureml.formatting import count
from kedro_azureml.job.model import Step, SweepStep


def trials_of(step: Step) -> str:
    """Say how many trials a step has, and how many at once; nothing of any other step."""
    if not isinstance(step, SweepStep):
        return ""
    most = step.limits.max_concurrent_trials
    at_once = f", {most} at once" if most and most < step.trials else ""
    return f"{count(step.trials, 'trial')}{at_once}"
