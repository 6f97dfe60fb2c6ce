"""The source of nodes' functions, by which one says later whose code has changed."""

from __future__ import annotations

import functools
import hashlib
import inspect
from collections.abc import Callable, Mapping
from typing import Any

from kedro.pipeline import Pipeline

from kedro_azureml.job.model import PipelineJob

_LENGTH = 8
# Of a function that has none.
_NONE = "-"


def sources_of(job: PipelineJob, pipelines: Mapping[str, Pipeline]) -> dict[str, dict[str, str]]:
    """Return a hash of the source of each step's functions, by step and node.

    Args:
        job: The compiled job.
        pipelines: The registered pipelines.
    """
    nodes = {node.name: node for pipeline in pipelines.values() for node in pipeline.nodes}
    return {
        step: {
            name: _hash(nodes[name].func)
            for name in (record.nodes if record else ())
            if name in nodes
        }
        for step, record in job.step_records().items()
    }


def _hash(function: Callable[..., Any]) -> str:
    source = _source(function)
    return hashlib.sha256(source.encode()).hexdigest()[:_LENGTH] if source else _NONE


def _source(function: Callable[..., Any]) -> str | None:
    while isinstance(function, functools.partial):
        function = function.func
    function = inspect.unwrap(function)
    if not inspect.isroutine(function) and not inspect.isclass(function):
        function = type(function)
    try:
        return inspect.getsource(function)
    except (OSError, TypeError):
        return None
