"""Components in the place of nodes; what reads them is imported where azureml.yml names one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kedro.pipeline import Pipeline

from kedro_azureml.compiler.components.model import GivenComponents
from kedro_azureml.compiler.grouping.groups import Group
from kedro_azureml.compiler.request import CompileRequest
from kedro_azureml.config import AzureMLConfig


def components_of(
    groups: Sequence[Group],
    request: CompileRequest,
    config: AzureMLConfig,
    pipelines: Mapping[str, Pipeline],
) -> GivenComponents:
    """Return the components of a job: see `kedro_azureml.compiler.components.given`."""
    if not config.azure.steps:
        return GivenComponents()
    from kedro_azureml.compiler.components.given import find_components

    return find_components(groups, request, config, pipelines)
