"""Sharded nodes; what compiles them is imported where there is one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kedro_azureml.compiler.data.job_datasets import Dataset
from kedro_azureml.compiler.grouping.groups import Group
from kedro_azureml.compiler.sharding.model import Shardings
from kedro_azureml.distributed.sharding import sharding_of
from kedro_azureml.project.loaded import LoadedProject


def shardings_of(
    groups: Sequence[Group], project: LoadedProject, datasets: Mapping[str, Dataset]
) -> Shardings:
    """Return the sharded nodes of a job: see `kedro_azureml.compiler.sharding.nodes`."""
    if all(sharding_of(node.func) is None for group in groups for node in group.nodes):
        return Shardings()
    from kedro_azureml.compiler.sharding.nodes import find_shardings

    return find_shardings(groups, project, datasets)
