from __future__ import annotations

from pprint import pformat
from typing import Any

from kedro.pipeline import Pipeline, node

SEEN = (
    "nothing",
    "yes_",
    "no_",
    "zero",
    "negative",
    "big",
    "fraction",
    "huge",
    "infinite",
    "empty_text",
    "empty_list",
    "empty_dict",
    "names",
    "nested",
    "nested.deeper",
    "nested.deeper.deepest.third",
    "key with spaces",
    'key\'s "quotes" $HOME `id`',
    "ключ 🚀",
    "from_globals",
    "from_runtime",
    "from_resolver",
    "hostile",
    "hostile.long",
)


def see(*values: Any) -> dict[str, list[str]]:
    """Type and value of each: JSON would hide that 1 is not 1.0, and knows no infinity."""
    return {
        name: [type(value).__name__, pformat(value, width=100_000)]
        for name, value in zip((*SEEN, "parameters"), values, strict=True)
    }


def create_pipeline(**kwargs) -> Pipeline:
    inputs = [*(f"params:{name}" for name in SEEN), "parameters"]
    return Pipeline([node(see, inputs, "settings_report", name="see_settings")])
