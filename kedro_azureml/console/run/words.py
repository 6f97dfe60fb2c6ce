"""What happened to a step, in words."""

from __future__ import annotations

from collections.abc import Mapping

from kedro_azureml.formatting import duration
from kedro_azureml.job.run.model import RunStatus, RunStep

_WORDS: Mapping[RunStatus, str] = {
    "NotStarted": "not started",
    "Starting": "starting",
    "Provisioning": "waiting for a compute that is created",
    "Preparing": "preparing its environment",
    "Queued": "queued for its compute",
    "Running": "running",
    "Finalizing": "storing its outputs",
    "CancelRequested": "being canceled",
    "Canceled": "canceled",
    "Completed": "completed",
    "Failed": "failed",
    "NotResponding": "not responding",
    "Paused": "paused",
    "Unknown": "in a status that kedro-azureml does not know",
}


def words_of(step: RunStep) -> str:
    """Return what happened to a step: ``failed after 3.0 s: exited with code 7``."""
    words = _WORDS[step.status]
    if step.status == "Completed":
        return words if step.seconds is None else f"{words} in {seconds_of(step)}"
    if step.status == "Canceled" and step.seconds is None:
        words = "canceled before it started"
    elif step.status in ("Failed", "Canceled") and step.seconds is not None:
        words = f"{words} after {seconds_of(step)}"
    return (
        f"{words}: {step.reason}"
        if step.reason and step.status in ("Failed", "Canceled")
        else words
    )


def seconds_of(step: RunStep) -> str:
    """Return how long a step ran, or has been running; nothing if it never began."""
    return "" if step.seconds is None else duration(step.seconds, digits=1)
