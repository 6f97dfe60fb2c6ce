"""Pins what a document refers to by ``@latest`` to the version that this means now."""

from __future__ import annotations

from kedro_azureml.azure.connect.client import connect
from kedro_azureml.azure.connect.silence import quiet
from kedro_azureml.azure.connect.target import Target
from kedro_azureml.azure.submit.preflight import resolve_references
from kedro_azureml.azure.submit.registration import resolve
from kedro_azureml.job.model import PipelineJob


@quiet()
def pin_versions(job: PipelineJob, target: Target) -> PipelineJob:
    """Replace each floating reference to an environment or data asset by a fixed version.

    Raises:
        DiagnosticError: Everything of these that the workspace does not have, at once.
    """
    return resolve(job, resolve_references(connect(target), job))
