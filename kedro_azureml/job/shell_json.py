r"""JSON in which neither Azure ML nor a shell finds anything to expand, between single quotes.

Azure ML substitutes ``${{...}}`` and ``$[[...]]`` in the text of a command and hands it to a shell,
quoting nothing. So ``$`` is written as ``\u0024`` and ``'`` as ``\u0027``.
"""

from __future__ import annotations

import json
from typing import Any


def shell_json(value: Any) -> str:
    """Write any JSON value as one word that holds no ``$``, no single quote and no line break.

    Raises:
        ValueError: The value is NaN or infinite, which JSON cannot hold.
        TypeError: The value is not JSON.
    """
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, sort_keys=False)
    return text.replace("$", r"\u0024").replace("'", r"\u0027")
