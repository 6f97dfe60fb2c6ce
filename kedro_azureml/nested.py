"""Nested mappings, as parameters are."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_REFERENCE = re.compile(r"(\\*)\$\{")


def laid_over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Merge nested values; where both have a value, the one of `above` counts."""
    merged = dict(below)
    for key, value in above.items():
        under = merged.get(key)
        both = isinstance(under, Mapping) and isinstance(value, Mapping)
        merged[key] = laid_over(under, value) if both and isinstance(under, Mapping) else value
    return merged


def without(values: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return nested values without the one of a dotted name."""
    key, _, rest = name.partition(".")
    left = dict(values)
    under = left.get(key)
    if not rest:
        left.pop(key, None)
    elif isinstance(under, Mapping):
        inner = without(under, rest)
        if inner:
            left[key] = inner
        else:
            del left[key]
    return left


def nested(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values by dotted names as a nested mapping."""
    tree: dict[str, Any] = {}
    for name, value in values.items():
        *parents, last = name.split(".")
        inner = tree
        for key in parents:
            inner = inner.setdefault(key, {})
        inner[last] = value
    return tree


def as_runtime_value(value: Any) -> Any:
    r"""Return the runtime parameter that gives a value: in one, OmegaConf reads ``${`` again.

    The project's own value has been read, and its ``\${`` is ``${`` by now.
    """
    if isinstance(value, str):
        return _REFERENCE.sub(r"\1\1\${", value)
    if isinstance(value, Mapping):
        return {key: as_runtime_value(inner) for key, inner in value.items()}
    return [as_runtime_value(inner) for inner in value] if isinstance(value, list) else value
