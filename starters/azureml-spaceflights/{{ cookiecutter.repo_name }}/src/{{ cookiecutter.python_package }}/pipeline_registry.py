"""The pipelines of this project."""

from __future__ import annotations

from kedro.framework.project import find_pipelines
from kedro.pipeline import Pipeline

# Needs PyTorch, which requirements.txt leaves out: see README.md.
OPTIONAL = "distributed_training"


def register_pipelines() -> dict[str, Pipeline]:
    """Find every package in ``pipelines/``, and chain all but the optional one by default."""
    pipelines = find_pipelines(raise_errors=True)
    chained = [p for name, p in pipelines.items() if name not in ("__default__", OPTIONAL)]
    pipelines["__default__"] = sum(chained, start=Pipeline([]))
    return pipelines
