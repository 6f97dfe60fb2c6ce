"""What a job consists of, before it is a document."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from kedro_azureml.compiler.data.job_datasets import Dataset
from kedro_azureml.compiler.data.parameter_inputs import ParameterInputs
from kedro_azureml.compiler.data.publications import Publications
from kedro_azureml.compiler.data.wiring import Wiring
from kedro_azureml.compiler.placement.computes import Placements
from kedro_azureml.compiler.placement.distribution import Distributions
from kedro_azureml.secrets.step_secrets import StepSecrets


@dataclass(frozen=True)
class JobParts:
    """What a job consists of, as the compiler's other modules have decided.

    Attributes:
        wiring: The data of the job.
        placements: Where each step runs.
        distributions: The machines and processes of each step.
        publications: What the job publishes.
        parameters: The parameters that are inputs of the job.
        secrets: The names of the secrets that each step reads.
        exported: What the export reads from outputs of the job.
        in_parts: The datasets of which each shard of a node writes a part.
    """

    wiring: Wiring
    placements: Placements
    distributions: Distributions
    publications: Publications
    parameters: ParameterInputs
    secrets: Mapping[str, StepSecrets]
    exported: Collection[Dataset] = ()
    in_parts: Collection[str] = ()
