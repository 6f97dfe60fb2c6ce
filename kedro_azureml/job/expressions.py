"""Expressions of a pipeline job: ``${{...}}`` bindings and what a command's text becomes.

Two kinds, in two places. A step's ``inputs`` and ``outputs`` say where data comes from
(``${{parent.jobs.s.outputs.o}}``); a command names the step's own inputs and outputs
(``${{inputs.x}}``), which are replaced as text, unquoted, before a shell reads it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Literal

_EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
_OPTIONAL_BLOCK = re.compile(r"\$\[\[(.*?)\]\]", re.DOTALL)
_NAME = r"([A-Za-z_][A-Za-z0-9_.]*)"
_PARENT_INPUT = re.compile(rf"parent\.inputs\.{_NAME}")
_PARENT_OUTPUT = re.compile(rf"parent\.outputs\.{_NAME}")
_STEP_OUTPUT = re.compile(rf"parent\.jobs\.([A-Za-z_][A-Za-z0-9_]*)\.outputs\.{_NAME}")
_OWN = re.compile(rf"(inputs|outputs)\.{_NAME}")


class ExpressionError(ValueError):
    """An expression that Azure ML would refuse; the message names it."""


@dataclass(frozen=True)
class Binding:
    """What a step's input or output is bound to.

    Attributes:
        kind: The pipeline's input, the pipeline's output, or another step's output.
        name: The name of that input or output.
        step: The other step, for a step's output.
    """

    kind: Literal["input", "output", "step_output"]
    name: str
    step: str = ""


def is_binding(text: str) -> bool:
    """Tell whether a text is one expression, whatever it binds."""
    return _EXPRESSION.fullmatch(text.strip()) is not None


def parse_binding(text: str) -> Binding | None:
    """Read a text that is one expression; None for any other text.

    Raises:
        ExpressionError: It is an expression, but not one that binds anything.
    """
    whole = _EXPRESSION.fullmatch(text.strip())
    return _binding(whole.group(1)) if whole else None


def input_expression(name: str) -> str:
    """Return the expression for the path or value of the step's input."""
    return f"${{{{inputs.{name}}}}}"


def output_expression(name: str) -> str:
    """Return the expression for the path of the step's output."""
    return f"${{{{outputs.{name}}}}}"


def step_output_binding(step: str, output: str) -> str:
    """Return the expression that binds an input to what another step writes."""
    return f"${{{{parent.jobs.{step}.outputs.{output}}}}}"


def output_name(text: str) -> str | None:
    """Return the output whose expression a text is; None for any other text."""
    whole = _EXPRESSION.fullmatch(text)
    own = _OWN.fullmatch(whole.group(1).strip()) if whole else None
    return own.group(2) if own and own.group(1) == "outputs" else None


def interpolate(text: str, value_of: Callable[[str], str]) -> str:
    """Replace each ``${{parent.inputs.x}}`` inside a literal by the pipeline input's value.

    Raises:
        ExpressionError: Another expression stands in the text.
    """

    def replace(match: re.Match[str]) -> str:
        binding = _binding(match.group(1))
        if binding.kind != "input":
            raise ExpressionError(f"'{match.group(0)}' cannot be part of a text")
        return value_of(binding.name)

    return _EXPRESSION.sub(replace, text)


def render_literal(value: str | bool | int | float) -> str:
    """Write a literal as the SDK sends it: text as it is, ``True``, ``1.0``."""
    return str(value)


def render_command(
    command: str,
    inputs: Mapping[str, str | None],
    outputs: Mapping[str, str],
    optional: Collection[str] = (),
) -> str:
    """Return the text that the shell gets.

    Args:
        command: The component's command.
        inputs: Value or path of each input; None when an optional one has no value.
        outputs: Path of each output.
        optional: Names of the optional inputs.

    Raises:
        ExpressionError: An expression names nothing of the step, or an optional input stands
            outside an optional block without a value.
    """

    def block(match: re.Match[str]) -> str:
        names = [_own(text) for text in _EXPRESSION.findall(match.group(1))]
        foreign = [name for side, name in names if side != "inputs" or name not in optional]
        if foreign or not names:
            problem = f"'{foreign[0]}' in it is not" if foreign else "it holds none"
            raise ExpressionError(
                f"'{match.group(0)}' may only hold optional inputs, and {problem}".rstrip()
            )
        if any(inputs.get(name) is None for _, name in names):
            return ""
        return match.group(1)

    def replace(match: re.Match[str]) -> str:
        side, name = _own(match.group(1))
        known: Mapping[str, str | None] = inputs if side == "inputs" else outputs
        if name not in known:
            raise ExpressionError(f"'{match.group(0)}' names none of the step's {side}")
        value = known[name]
        if value is None:
            raise ExpressionError(
                f"the optional input '{name}' has no value; write $[[ {match.group(0)} ]]"
            )
        return value

    return _EXPRESSION.sub(replace, _OPTIONAL_BLOCK.sub(block, command))


def _own(expression: str) -> tuple[str, str]:
    match = _OWN.fullmatch(expression.strip())
    if not match:
        raise ExpressionError(f"'${{{{{expression}}}}}' is no expression of a command")
    return match.group(1), match.group(2)


def _binding(expression: str) -> Binding:
    text = expression.strip()
    if match := _PARENT_INPUT.fullmatch(text):
        return Binding("input", match.group(1))
    if match := _PARENT_OUTPUT.fullmatch(text):
        return Binding("output", match.group(1))
    if match := _STEP_OUTPUT.fullmatch(text):
        return Binding("step_output", match.group(2), match.group(1))
    raise ExpressionError(f"'${{{{{expression}}}}}' is no binding")
