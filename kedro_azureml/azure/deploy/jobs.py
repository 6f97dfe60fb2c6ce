"""A job that is deployed. Imports nothing of Azure's: it is compiled before the SDK is loaded."""

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
