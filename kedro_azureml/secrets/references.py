"""``${azureml.secret:NAME}`` in the text of a configuration file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from kedro_azureml.job.secrets.shapes import REFERENCE

# What stands for a value where there is none to be had, as in a compilation. It looks like an
# address elsewhere, so that a path that begins with a secret is none of this machine.
_STAND_IN = "azureml-secret://"
_STANDS_IN = re.compile(rf"{_STAND_IN}(\w+)", re.ASCII)


def stand_in(name: str) -> str:
    """Return what stands for a secret's value."""
    return f"{_STAND_IN}{name}"


def secrets_in(value: Any) -> Iterator[str]:
    """Yield the names of the secrets that something was made of, if `stand_in` stood for them."""
    if isinstance(value, str):
        yield from _STANDS_IN.findall(value)
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from secrets_in(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from secrets_in(inner)


def variable_in(text: object) -> str | None:
    """Return the variable that is all of a value in a file; None if the value says anything else.

    Example:
        >>> variable_in("${azureml.secret:DB_PASSWORD}"), variable_in("${oc.env:DB_PASSWORD}")
        ('DB_PASSWORD', 'DB_PASSWORD')
        >>> variable_in("postgresql://me:${azureml.secret:DB_PASSWORD}@host/db") is None
        True
    """
    found = REFERENCE.fullmatch(text) if isinstance(text, str) else None
    return found[1] if found else None
