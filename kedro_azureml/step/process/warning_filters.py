"""The filters of warnings that an import sets, which outlive the block in which it happens."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from typing import Any


def new_filters(before: Sequence[Any]) -> list[Any]:
    """Return the filters that were not there before, the first to be asked first."""
    return [each for each in warnings.filters if each not in before]


def add_filters(filters: Sequence[Any]) -> None:
    """Set filters, the first to be asked first."""
    for action, message, category, module, line in reversed(filters):
        texts: Iterable[str] = (each.pattern if each else "" for each in (message, module))
        message, module = texts
        warnings.filterwarnings(action, message, category, module, line)
