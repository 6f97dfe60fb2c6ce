"""Expressions: in the text of a command, and in what a step's inputs are bound to."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

_IN_COMMAND = re.compile(r"\$\{\{\s*(inputs|outputs)\.([\w.]+?)\s*\}\}")
_OPTIONAL_BLOCK = re.compile(r"\$\[\[(.*?)\]\]", re.S)
_PIPELINE_INPUT = re.compile(r"\$\{\{\s*parent\.inputs\.(\w+)\s*\}\}")
_STEP_OUTPUT = re.compile(r"\$\{\{\s*parent\.jobs\.(\w+)\.outputs\.(\w+)\s*\}\}")


class ExpressionError(Exception):
    """An expression names something that does not exist."""


def command_text(text: str, inputs: Mapping[str, str | None], outputs: Mapping[str, str]) -> str:
    """Put values into a command: as text, without quotes of our own.

    A block ``$[[...]]`` goes away when an input in it has no value; an empty string is none.
    """
    values: dict[str, Mapping[str, str | None]] = {"inputs": inputs, "outputs": outputs}

    def value(match: re.Match[str]) -> str:
        side, name = match.groups()
        if name not in values[side]:
            raise ExpressionError(f"The command names {match[0]}, which the step does not have.")
        return values[side][name] or ""

    def block(match: re.Match[str]) -> str:
        names = [name for side, name in _IN_COMMAND.findall(match[1]) if side == "inputs"]
        return match[1] if all(inputs.get(name) for name in names) else ""

    return _IN_COMMAND.sub(value, _OPTIONAL_BLOCK.sub(block, text))


def step_output(binding: Any) -> tuple[str, str] | None:
    """The step and the output that an input is bound to, if it is bound to one."""
    match = _STEP_OUTPUT.fullmatch(str(binding))
    return (match[1], match[2]) if match else None


def pipeline_input(binding: Any) -> str | None:
    """The pipeline's input that an input is bound to, if it is bound to nothing else."""
    match = _PIPELINE_INPUT.fullmatch(str(binding))
    return match[1] if match else None


def literal(binding: Any, value: Callable[[str], Any]) -> str:
    """A literal as text, the pipeline's inputs in it replaced."""
    return _PIPELINE_INPUT.sub(lambda match: spelling(value(match[1])), spelling(binding))


def spelling(value: Any) -> str:
    """How the SDK writes a number or a boolean: ``1.0``, ``True``."""
    return str(value)
