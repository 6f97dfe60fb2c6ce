"""What is deployed, by its names. Imports nothing of Azure's: the SDK is loaded later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kedro_azureml.job.model import PipelineJob


@dataclass(frozen=True)
class JobToDeploy:
    """A compiled job.

    Attributes:
        name: The job of azureml.yml; None for the default pipeline.
        document: The document.
        sources: A hash of the source of each step's functions, by step and node.
    """

    name: str | None
    document: PipelineJob
    sources: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Named:
    """What of azureml.yml belongs to a workspace, by its names.

    Attributes:
        schedules: Its schedules.
        endpoints: Its endpoints.
    """

    schedules: tuple[str, ...] = ()
    endpoints: tuple[str, ...] = ()
