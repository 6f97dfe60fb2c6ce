"""Registered pipelines."""

from __future__ import annotations

from kedro.framework.project import find_pipelines
from kedro.pipeline import Pipeline


def register_pipelines() -> dict[str, Pipeline]:
    pipelines = find_pipelines()
    pipelines["training"] = pipelines["data_processing"] + pipelines["data_science"]
    pipelines["__default__"] = sum(pipelines.values())
    return pipelines
