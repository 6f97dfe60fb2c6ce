"""Runtime parameters that nothing reads: most often a typing error, and the run would ignore it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from kedro.pipeline import Pipeline

from kedro_azureml.diagnostics import Diagnostic, nearest

_PREFIX = "params:"


def check_runtime_parameters(
    params: Mapping[str, Any], pipeline: Pipeline, conf_source: Path
) -> Iterator[Diagnostic]:
    """KAZ210 for each runtime parameter that no node and no configuration file reads.

    Args:
        params: The parameters of the command line and of the job, nested.
        pipeline: The selected part of the pipeline.
        conf_source: The configuration folder, whose files may refer to runtime parameters.
    """
    inputs = {name for node in pipeline.nodes for name in node.inputs}
    if "parameters" in inputs:
        return
    read = {name.removeprefix(_PREFIX) for name in inputs if name.startswith(_PREFIX)}
    unread = [path for path in _leaves(params, "") if not any(_overlap(path, r) for r in read)]
    if not unread:
        return
    configuration = _texts(conf_source)
    for path in unread:
        if f"runtime_params:{path.partition('.')[0]}" in configuration:
            continue
        yield Diagnostic(
            "KAZ210",
            f"No node of this job reads the parameter '{path}'.",
            nearest(path, read) or "Correct its name, or leave it out.",
            severity="warning",
            where="--params",
        )


def _leaves(params: Mapping[str, Any], prefix: str) -> Iterator[str]:
    for key, value in params.items():
        if isinstance(value, Mapping) and value:
            yield from _leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}"


def _overlap(path: str, other: str) -> bool:
    return path == other or path.startswith(f"{other}.") or other.startswith(f"{path}.")


def _texts(folder: Path) -> str:
    """Join the configuration files to one text, in which references are looked for."""
    files = (path for path in folder.rglob("*.y*ml") if path.is_file())
    return "".join(path.read_text("utf-8", "replace") for path in files).replace(" ", "")
