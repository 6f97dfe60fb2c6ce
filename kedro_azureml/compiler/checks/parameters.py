"""Checks of parameters: a node asks for one that is missing, or nothing reads one that is given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from kedro.pipeline import Pipeline

from kedro_azureml.compiler.placement.distribution import sizing_parameters
from kedro_azureml.dataset_names import PARAMETERS, is_parameter, parameter_key
from kedro_azureml.diagnostics import Diagnostic, nearest


def check_parameters(pipeline: Pipeline, known: set[str]) -> Iterator[Diagnostic]:
    """Report KAZ209: a node asks for a parameter that does not exist."""
    readers: dict[str, str] = {}
    for node in pipeline.nodes:
        for name in node.inputs:
            if is_parameter(name) and name not in known:
                readers.setdefault(name, node.name)
    for name, node_name in readers.items():
        short = parameter_key(name)
        shorts = {parameter_key(k) for k in known if k != PARAMETERS}
        yield Diagnostic(
            "KAZ209",
            f"The node '{node_name}' asks for the parameter '{short}', which does not exist.",
            f"{nearest(short, shorts)} Add it to parameters.yml, or give it with --params.".strip(),
            where=f"parameters {short}",
        )


def check_runtime_parameters(
    params: Mapping[str, Any], pipeline: Pipeline, conf_source: Path
) -> Iterator[Diagnostic]:
    """Report KAZ210 for each runtime parameter that no node and no configuration file reads.

    Most often its name is misspelt, and the run would ignore it.

    Args:
        params: The parameters of the command line and of the job, nested.
        pipeline: The selected part of the pipeline.
        conf_source: The configuration folder, whose files may refer to runtime parameters.
    """
    inputs = {name for node in pipeline.nodes for name in node.inputs}
    if PARAMETERS in inputs:
        return
    read = {parameter_key(name) for name in inputs if is_parameter(name)}
    # No node is given these: they say how many steps, machines or processes one is.
    read |= set(sizing_parameters(pipeline.nodes))
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
