"""The document as YAML: canonical, readable, and the same bytes each time."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from kedro_azureml.diagnostics import Diagnostic, DiagnosticError
from kedro_azureml.job.model import COMMAND_TAG, SWEEP_TAG, PipelineJob
from kedro_azureml.job.safe_yaml import load_yaml
from kedro_azureml.job.search import component_key
from kedro_azureml.job.snapshot.own_files import SCHEMA

_WIDTH = 96
_LONG = 72
# Values that YAML 1.1 or 1.2 readers take for something else than a string: dates, times, octals.
_AMBIGUOUS = re.compile(r"^[0-9+.\-~]|^[yYnN]$")
# Text without any of YAML's signs for something else: from its beginning to its end, and the words.
_PLAIN = re.compile(r"[A-Za-z_$/](?:[!-9;-~]|:(?=[!-~])| (?=[!\"$-~]))*")
_QUOTABLE = re.compile(r"[0-9A-Za-z_./+~-]+")
_WORDS = {"true", "false", "yes", "no", "on", "off", "null"}
_LONGEST_KEY = 100
_COMMAND_LINE = re.compile(r"^( *)command: KAZ_COMMAND_([0-9]+)$", re.MULTILINE)

# libyaml's emitter is some ten times faster than the pure Python one.
_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class _JobDumper(_Dumper):  # type: ignore[misc]
    """Quotes what is ambiguous and never uses anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def represent_data(self, data: Any) -> Any:
        # PyYAML's own way to these nodes is most of the time that it takes.
        if type(data) is str:
            style = "'" if _AMBIGUOUS.match(data) else None
            return yaml.ScalarNode("tag:yaml.org,2002:str", data, style=style)
        if type(data) is dict:
            pairs = [(self.represent_data(k), self.represent_data(v)) for k, v in data.items()]
            return yaml.MappingNode("tag:yaml.org,2002:map", pairs, flow_style=False)
        return super().represent_data(data)


def dump_job(job: PipelineJob) -> str:
    """Write the document's text; `load_text` reads the same job from it."""
    commands: list[str] = []
    data = job.model_dump(by_alias=True, exclude_none=True, exclude_defaults=False)
    data = {"$schema": SCHEMA, **_without_empty(data)}
    for step in data["jobs"].values():
        component = step[component_key(step)]
        if "reference" in component:
            step[component_key(step)] = component["reference"]
        elif _folds(component["command"]):
            commands.append(component["command"])
            component["command"] = f"KAZ_COMMAND_{len(commands) - 1}"
    return _COMMAND_LINE.sub(
        lambda m: _folded(m.group(1), commands[int(m.group(2))]), dump_mapping(data)
    )


def dump_mapping(data: dict[str, Any]) -> str:
    """Write a mapping as PyYAML does, and ten times as fast where all of it is plain."""
    lines: list[str] = []
    try:
        _write(data, "", lines)
        return "".join(lines)
    except _NotPlainError:
        return str(dump_carefully(data))


def dump_carefully(data: dict[str, Any]) -> Any:
    """Write a mapping of whatever YAML can hold."""
    return yaml.dump(
        data, Dumper=_JobDumper, sort_keys=False, allow_unicode=True, width=_WIDTH, indent=2
    )


class _NotPlainError(Exception):
    """Something that is better left to PyYAML."""


def _write(data: dict[str, Any], indent: str, lines: list[str]) -> None:
    if not data:
        raise _NotPlainError
    for key, value in data.items():
        if len(key) > _LONGEST_KEY:
            raise _NotPlainError
        start = f"{indent}{_text(key)}:"
        if type(value) is str:
            text = _text(value)
            # PyYAML breaks a line that is too long at a space.
            if len(start) + len(text) >= _WIDTH and " " in text:
                raise _NotPlainError
            lines.append(f"{start} {text}\n")
        elif type(value) is dict:
            lines.append(f"{start}\n")
            _write(value, f"{indent}  ", lines)
        elif type(value) in (bool, int):
            lines.append(f"{start} {str(value).lower()}\n")
        else:
            raise _NotPlainError


@lru_cache(maxsize=10_000)
def _text(value: str) -> str:
    if _AMBIGUOUS.match(value):
        if _QUOTABLE.fullmatch(value):
            return f"'{value}'"
    elif _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return value
    raise _NotPlainError


def load_text(text: str, source: str = "the document") -> PipelineJob:
    """Read a document.

    Raises:
        DiagnosticError: KAZ601, when it is not YAML, not a pipeline job, or holds unknown keys.
    """
    try:
        data = load_yaml(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        problem = str(getattr(error, "problem", None) or "unreadable").rstrip(".")
        raise _not_a_job(f"{source}{line}", f"The file is not valid YAML: {problem}.") from None
    if not isinstance(data, dict) or data.get("type", "pipeline") != "pipeline":
        kind = data.get("type") if isinstance(data, dict) else type(data).__name__
        raise _not_a_job(source, f"The file holds no pipeline job, but '{kind}'.")
    try:
        return PipelineJob.model_validate(data)
    except ValidationError as error:
        raise DiagnosticError([_finding(source, problem) for problem in error.errors()]) from None


def load_job(path: Path) -> PipelineJob:
    """Read a document from a file.

    Raises:
        DiagnosticError: KAZ601, when it cannot be read or is not a pipeline job.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _not_a_job(str(path), f"The file cannot be read: {error}.") from error
    return load_text(text, str(path))


def _not_a_job(where: str, message: str) -> DiagnosticError:
    remedy = "Give a file that 'kedro azureml compile' wrote."
    return DiagnosticError(Diagnostic("KAZ601", message, remedy, where=where))


def _finding(source: str, problem: Any) -> Diagnostic:
    loc = (str(part) for part in problem["loc"])
    key = ".".join(part for part in loc if part not in (COMMAND_TAG, SWEEP_TAG))
    unknown = problem["type"] == "extra_forbidden"
    message = f"Unknown key '{key}'." if unknown else f"'{key}': {problem['msg']}."
    return Diagnostic(
        "KAZ601",
        message,
        "Correct the file, or compile it again with 'kedro azureml compile'.",
        where=source,
    )


def _without_empty(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {k: _without_empty(v) for k, v in value.items() if v is not None}
        return {k: v for k, v in kept.items() if v != {}}
    return value


def _folds(command: str) -> bool:
    """Tell whether a command reads better over several lines and survives it.

    A folded scalar turns each line break between two words back into one space.
    """
    return (
        len(command) > _LONG
        and "  " not in command
        and command == command.strip()
        and command.isascii()
        and command.isprintable()
    )


def _folded(indent: str, command: str) -> str:
    line_break = f"\n{indent}  "
    return f"{indent}command: >-{line_break}" + command.replace(" --", f"{line_break}--")
