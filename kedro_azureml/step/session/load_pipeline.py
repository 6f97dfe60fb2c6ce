"""The registered pipeline that holds a step's nodes, and the step's part of it."""

from __future__ import annotations

import logging
import warnings
from typing import Any

from kedro.framework.project import pipelines
from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node

from kedro_azureml.job.step_record import DEFAULT_PIPELINE, StepRecord
from kedro_azureml.step.errors import StepError
from kedro_azureml.step.failure import import_failure
from kedro_azureml.step.process.warning_filters import add_filters, new_filters
from kedro_azureml.step.session.nodes import is_same

logger = logging.getLogger(__package__)


def load_pipeline(record: StepRecord) -> tuple[str, Pipeline]:
    """Find the registered pipeline to run, and the step's part of it.

    Raises:
        StepError: There is none with the step's nodes; with the cause, if one did not import.
    """
    caught: list[warnings.WarningMessage] = []
    filters: list[Any] = []
    try:
        with warnings.catch_warnings(record=True) as caught:
            before = list(warnings.filters)
            try:
                return _find_pipeline(record)
            finally:
                filters = new_filters(before)
    except StepError as error:
        if causes := [c for warning in caught if (c := import_failure(str(warning.message)))]:
            raise StepError(f"{error} {causes[0]}") from None
        raise
    finally:
        # Those of the project's libraries.
        add_filters(filters)
        for warning in caught:
            warnings.warn_explicit(
                warning.message, warning.category, warning.filename, warning.lineno
            )


def _find_pipeline(record: StepRecord) -> tuple[str, Pipeline]:
    """Find the pipeline among those that Kedro imported.

    Kedro 1.2 and later import only the pipelines that are asked for. A registry that looks others
    up by name then fails, so the full load is the fallback.
    """
    wanted = set(record.nodes)
    node_names: set[str] = set()
    cause: Exception | None = None
    names = (record.loaded_pipeline, record.pipeline, DEFAULT_PIPELINE)
    for name in dict.fromkeys(filter(None, names)):
        try:
            if hasattr(pipelines, "set_requested"):
                pipelines.set_requested([name])
            pipeline = pipelines[name]
        except Exception as error:
            if name == record.pipeline:
                if not hasattr(pipelines, "set_requested"):
                    raise
                cause = error
            logger.debug("pipeline '%s' cannot be loaded alone", name, exc_info=True)
            continue
        held = {node.name for node in pipeline.nodes if _is_compiled(node, name, record)}
        if wanted <= held:
            return name, pipeline.filter(node_names=record.nodes)
        node_names |= held
    missing = ", ".join(f"'{n}'" for n in sorted(wanted - node_names) or sorted(wanted))
    because = f" {type(cause).__name__}: {cause}".rstrip(".") + "." if cause else ""
    raise StepError(
        f"the project has no node {missing} in the pipeline '{record.pipeline}'.{because} The "
        "code that runs here differs from the code that was compiled, or Kedro cannot load the "
        f"pipeline by itself: see whether 'kedro run --pipeline={record.pipeline}' can."
    ) from cause


def _is_compiled(node: Node, pipeline: str, record: StepRecord) -> bool:
    """Tell whether a node of that pipeline is the one that was compiled.

    The compiler compared those of `loaded_pipeline`. The default pipeline stands in for one that
    Kedro cannot load alone; it comes with all others, and may have another node of that name.
    """
    if pipeline in (record.loaded_pipeline, record.pipeline) or node.name not in record.nodes:
        return True
    compiled = pipelines.get(record.pipeline)
    return compiled is None or any(is_same(node, other) for other in compiled.nodes)
