"""Each package in `pipelines` is a registered pipeline; the default one is the sum of some."""

from __future__ import annotations

from kedro.framework.project import find_pipelines
from kedro.pipeline import Pipeline

BY_DEFAULT = (
    "formats",
    "memory",
    "custom",
    "factories",
    "transcoded",
    "generators",
    "ordering",
    "settings_seen",
    "hostile",
    "hooked",
)


def register_pipelines() -> dict[str, Pipeline]:
    pipelines = find_pipelines(raise_errors=True)
    found = [pipelines[name] for name in BY_DEFAULT if name in pipelines]
    pipelines["__default__"] = sum(found, start=Pipeline([]))
    return pipelines
