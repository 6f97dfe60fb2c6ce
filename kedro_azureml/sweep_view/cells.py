"""Values of parameters and metrics as people read them."""

from __future__ import annotations

import json
from typing import Any


def cell(value: Any) -> str:
    """Return a parameter's value: a text as it is, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def number(value: float) -> str:
    """Return a metric in at most five digits that matter."""
    return f"{value:.5g}"
