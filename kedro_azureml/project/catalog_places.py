"""Where a project's catalog keeps its datasets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from kedro_azureml.dataset_names import base_name, is_parameter
from kedro_azureml.datasets.location import appends, locate
from kedro_azureml.job.outputs import CatalogPlace, CatalogPlaces
from kedro_azureml.job.step_record import StepRecord
from kedro_azureml.kedro_log import kedro_silenced
from kedro_azureml.project import Project
from kedro_azureml.project.loaded import LoadedProject


def places_of_record(project: Project, record: StepRecord | None) -> CatalogPlaces:
    """Return what tells where the catalog keeps a dataset, as a step of the job saw it.

    Args:
        project: The project.
        record: A step of the job, which has the job's environment and parameters.
    """
    is_other = record is not None and record.env not in (None, project.env)
    opened = Project(project.path, record.env) if record and is_other else project
    with kedro_silenced():
        return catalog_places(opened.load(record.parameters) if record else opened.load())


def catalog_places(loaded: LoadedProject) -> CatalogPlaces:
    """Return what tells where the catalog keeps a dataset, in any of its transcoded forms."""
    names = {name for pipeline in loaded.pipelines.values() for name in pipeline.datasets()}
    forms: dict[str, set[str]] = {}
    for name in names | loaded.catalog.names:
        if not is_parameter(name):
            forms.setdefault(base_name(name), set()).add(name)

    def inside(configs: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
        paths = (path for config in configs for path in locate(config, loaded.path).paths)
        return tuple(dict.fromkeys(path.relative for path in paths if not path.is_external))

    resolved = {n: loaded.catalog.resolve(n) for names in forms.values() for n in names}
    taken = frozenset(inside(resolved.values()))

    @cache
    def place(dataset: str) -> CatalogPlace:
        # A name that only a job has could choose any path through a factory's pattern.
        configs = [resolved[name] for name in sorted(forms.get(dataset, ()))]
        return CatalogPlace(inside(configs), any(map(appends, configs)), taken)

    return place
