"""Components that azureml.yml gives in the place of nodes: ``azure.steps.<node>.component``."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from kedro.pipeline import Pipeline
from pydantic import ValidationError

from kedro_azureml.compiler.components.model import GivenComponent, GivenComponents, wrong
from kedro_azureml.compiler.grouping.groups import Group
from kedro_azureml.compiler.request import CompileRequest
from kedro_azureml.compiler.step_records import relative_path
from kedro_azureml.config import AzureMLConfig
from kedro_azureml.diagnostics import Diagnostic, nearest
from kedro_azureml.formatting import listed
from kedro_azureml.job.model import Component
from kedro_azureml.job.references import PREFIX, AssetReference, is_local
from kedro_azureml.job.safe_yaml import load_yaml

# What names a component of its own, and says nothing of what it does.
_NAMING = ("$schema", "name", "version", "tags")
_CHECKS = ("min", "max", "enum")
_REFERENCE = f"{PREFIX}NAME:VERSION"


def find_components(
    groups: Iterable[Group],
    request: CompileRequest,
    config: AzureMLConfig,
    pipelines: Mapping[str, Pipeline],
) -> GivenComponents:
    """Read the components that take the place of a job's nodes.

    Args:
        groups: The nodes of each step.
        request: What is compiled.
        config: azureml.yml.
        pipelines: The registered pipelines, in which the nodes are looked for.
    """
    found = GivenComponents()
    wanted = config.azure.steps
    if not wanted:
        return found
    group_of = {node.name: group for group in groups for node in group.nodes}
    known = {node.name for pipeline in pipelines.values() for node in pipeline.nodes}
    for name, settings in wanted.items():
        where = config.place("azure", "steps", name, "component")
        if name not in known:
            message = f"No pipeline has the node '{name}', whose work a component is to do."
            remedy = nearest(name, known) or "Name a node."
            found.problems.append(Diagnostic("KAZ202", message, remedy, where=where))
        if name not in group_of:
            continue
        group = group_of[name]
        if len(group.nodes) > 1:
            others = [node.name for node in group.nodes if node.name != name]
            message = f"The node '{name}' shares its step with {listed(others, 3)}"
            remedy = "Group so that the node has a step of its own."
            found.problems.append(
                wrong(f"{message}, and a component takes its place.", remedy, where)
            )
            continue
        try:
            component = _read(settings.component, request)
        except _UnreadableError as error:
            found.problems.append(wrong(error.message, error.remedy, where))
            continue
        found.of[group.name] = GivenComponent(group.name, component, where)
    return found


class _UnreadableError(Exception):
    """A component that cannot be had, and what to do about it."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


def _read(text: str, request: CompileRequest) -> Component:
    if text.startswith(PREFIX):
        reference = AssetReference.parse(text)
        if not text.startswith(f"{PREFIX}//") and (reference is None or not reference.version):
            raise _UnreadableError(
                f"'{text}' names no version of a component.", f"Write '{_REFERENCE}'."
            )
        return Component(reference=text, command="")
    file = request.project_path / text
    try:
        data = load_yaml(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = getattr(error, "strerror", None) or "it is no YAML"
        message = f"The component '{text}' cannot be read: {reason}."
        raise _UnreadableError(message, "Name a file of the project.") from error
    if not isinstance(data, dict) or data.get("type", "command") != "command":
        kind = data.get("type") if isinstance(data, dict) else "no component"
        raise _UnreadableError(
            f"'{text}' holds {'a component of type ' if isinstance(data, dict) else ''}{kind}, and "
            "a file can hold a command component.",
            f"Register it (az ml component create -f {text}), and write '{_REFERENCE}'.",
        )
    try:
        return Component.model_validate(_moved(data, file.parent, request.base))
    except ValidationError as error:
        problem = error.errors()[0]
        key = ".".join(map(str, problem["loc"]))
        message = f"'{text}' cannot be used: '{key}': {problem['msg']}."
        raise _UnreadableError(message, "Correct the file.") from error


def _moved(data: Mapping[str, Any], folder: Path, base: Path) -> dict[str, Any]:
    """Return what a file says, its paths relative to the document."""
    moved = {key: value for key, value in data.items() if key not in _NAMING}
    for side in ("inputs", "outputs"):
        declared = moved.get(side)
        if isinstance(declared, dict):
            moved[side] = {name: dict(_declared(each)) for name, each in declared.items()}
    if "code" in moved:
        moved["code"] = _path(moved["code"], folder, base)
    environment = moved.get("environment")
    if isinstance(environment, dict):
        environment = dict(environment)
        for holder, key in ((environment, "conda_file"), (environment.get("build"), "path")):
            if isinstance(holder, dict) and key in holder:
                holder[key] = _path(holder[key], folder, base)
        moved["environment"] = environment
    return moved


def _declared(entry: object) -> Iterator[tuple[str, Any]]:
    if isinstance(entry, dict):
        yield from ((key, value) for key, value in entry.items() if key not in _CHECKS)


def _path(value: object, folder: Path, base: Path) -> object:
    if not isinstance(value, str) or not is_local(value):
        return value
    path = Path(os.path.normpath(folder / value))
    if not path.exists():
        raise _UnreadableError(
            f"The component names the path '{value}', and there is nothing.",
            "Name what exists, relative to the component's file.",
        )
    return relative_path(path, base)
