"""Kedro parameters as inputs of the job: typed literals that are changed without compiling.

A whole number, a number, a truth value and a date are written as they are. A text is too, unless
Azure ML or a shell would make something else of it; then it is written as JSON, as are lists,
mappings and nothing at all. So a value survives both ways, also the empty text, which the service
drops (docs/architecture/azureml-capabilities.md, section 3).
"""

from __future__ import annotations

import contextlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, TypeAlias, get_args

from kedro_azureml.job.long_text import from_properties, in_properties
from kedro_azureml.job.shell_json import shell_json

ParameterType: TypeAlias = Literal["integer", "number", "boolean", "date", "string", "json"]
_A: Mapping[ParameterType, str] = {
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "date": "a date such as 2027-01-31",
    "string": "a text",
    "json": "JSON",
}
_PROPERTY = "kedro_azureml.parameters"
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
# How Azure ML writes the time at which a schedule started a job is not documented.
_OTHER_DATES = ("%m/%d/%Y %H:%M:%S", "%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y")
_TRUTH = {"true": True, "false": False}
# Greater ones lose digits on the way to the service.
_GREATEST_INTEGER = 2**53


@dataclass(frozen=True)
class ParameterInput:
    """A parameter that is an input of the job.

    Attributes:
        type: What its values are.
        value: In a document the expression of the step's input, in a step the value's text.
    """

    type: ParameterType
    value: str

    @classmethod
    def of(cls, kind: str, value: str) -> ParameterInput:
        """Make one of a type's name.

        Raises:
            ValueError: There is no such type.
        """
        for known in get_args(ParameterType):
            if kind == known:
                return cls(known, value)
        raise ValueError(kind)


def described(kind: ParameterType) -> str:
    """Return what the values of a type are, in words."""
    return _A[kind]


def component_type(kind: ParameterType) -> Literal["integer", "number", "boolean", "string"]:
    """Return the type of a component's input that takes such values."""
    return "string" if kind == "json" or kind == "date" else kind


def type_of(value: Any) -> ParameterType:
    """Return the type that the input of a parameter has, by the project's value of it."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer" if abs(value) <= _GREATEST_INTEGER else "json"
    if isinstance(value, float):
        return "number"
    if isinstance(value, str):
        return "date" if _is_date(value) else "string"
    return "json"


def written(value: Any, kind: ParameterType) -> str | bool | int | float:
    """Return what a document has for a value.

    Raises:
        TypeError: The value is of another type, or is not JSON.
        ValueError: The value is NaN or infinite.
    """
    if kind == "date" and isinstance(value, str) and _is_date(value):
        return value
    if kind == "string" and isinstance(value, str):
        return value if _is_plain(value) else shell_json(value)
    if kind == "json":
        text = shell_json(value)
        if json.loads(text) != value:
            raise TypeError("JSON has no other keys than texts")
        return text
    if kind == "number" and isinstance(value, int | float) and not isinstance(value, bool):
        number = float(value)
        if not math.isfinite(number):
            raise ValueError(f"{value} is no number that JSON can hold")
        return number
    if kind == "integer" and isinstance(value, int) and not isinstance(value, bool):
        return value
    if kind == "boolean" and isinstance(value, bool):
        return value
    raise TypeError(f"{value!r} is not {_A[kind]}")


def read(text: str, kind: ParameterType) -> Any:
    """Return the value that the text of an input means.

    Raises:
        ValueError: The text is no value of that type; the message says so, without the text.
    """
    try:
        if kind == "json":
            return json.loads(text)
        if kind == "string":
            return _text(text)
        if kind == "date":
            return _date(text)
        if kind == "boolean":
            return _TRUTH[text.strip().lower()]
        if kind == "integer":
            return _whole(text)
        number = float(text)
    except (KeyError, ValueError):
        raise ValueError(f"it is not {_A[kind]}") from None
    if not math.isfinite(number):
        raise ValueError(f"it is not {_A[kind]}")
    return number


def typed(text: str, kind: ParameterType) -> str | bool | int | float:
    """Return what a document has for a value that somebody types.

    Raises:
        ValueError: The text is no value of that type; the message says so.
    """
    if kind == "string":
        return written(text, kind)
    # A step reads records, and no YAML.
    from kedro_azureml.job.safe_yaml import load_yaml

    # As in parameters.yml: JSON is YAML too.
    return written(load_yaml(text) if kind == "json" else read(text, kind), kind)


def parameter_properties(inputs: Mapping[str, tuple[str, ParameterType]]) -> dict[str, str]:
    """Return the properties of a job that say which of its inputs are parameters.

    They come back with a job from the service, where a step's command does not.

    Args:
        inputs: Name of each input, to its parameter and type.
    """
    return in_properties(_PROPERTY, json.dumps(inputs)) if inputs else {}


def inputs_in(properties: Mapping[str, str]) -> dict[str, tuple[str, ParameterType]]:
    """Return what `parameter_properties` said, as far as it can be read."""
    try:
        described = json.loads(from_properties(_PROPERTY, properties) or "{}")
        return {
            str(name): (str(parameter), kind)
            for name, (parameter, kind) in described.items()
            if kind in get_args(ParameterType)
        }
    except (AttributeError, TypeError, ValueError):
        # Anybody may write a job's properties.
        return {}


def _is_date(text: str) -> bool:
    # 0000-00-00 and the thirtieth of February are texts.
    with contextlib.suppress(ValueError):
        return bool(_DATE.fullmatch(text) and date.fromisoformat(text))
    return False


def _is_plain(text: str) -> bool:
    # What begins with a quotation mark is read as JSON; `'`, `$` and line breaks belong to shells.
    return (
        bool(text)
        and text == text.strip()
        and text.isprintable()
        and not text.startswith('"')
        and not {"'", "$"} & set(text)
    )


def _whole(text: str) -> int:
    """Return a whole number; ``3.0`` is one, as which a search space may have drawn it."""
    try:
        return int(text)
    except ValueError:
        number = float(text)
        if not number.is_integer():
            raise
        return int(number)


def _date(text: str) -> str:
    """Return the day of a date, or of a time."""
    text = text.strip()
    for form in _OTHER_DATES:
        with contextlib.suppress(ValueError):
            return datetime.strptime(text, form).date().isoformat()
    # Python 3.10 reads no more than microseconds, and no `Z`.
    day = text.partition("T")[0].partition(" ")[0]
    return date.fromisoformat(day).isoformat()


def _text(text: str) -> str:
    if not text.startswith('"'):
        return text
    value = json.loads(text)
    return value if isinstance(value, str) else text
