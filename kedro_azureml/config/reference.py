"""The table of azureml.yml's keys in the documentation, made from the model.

``python -m kedro_azureml.config.reference docs/azureml-yml.md`` renews the table in that file.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from kedro_azureml.config.keys import ALIAS, Key, all_keys

BEGIN = "<!-- keys: made by `python -m kedro_azureml.config.reference docs/azureml-yml.md` -->"
END = "<!-- end of keys -->"


def table() -> str:
    """Return the table of all keys, in the order of the model."""
    rows = ["| Key | Value | Meaning |", "| --- | --- | --- |"]
    rows += [f"| `{_name(key)}` | {_value(key)} | {key.field.description} |" for key in all_keys()]
    return "\n".join(rows)


def renewed(page: str) -> str:
    """Return the page with a new table."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the page lacks '{BEGIN}' or '{END}'")
    return f"{before}{BEGIN}\n\n{table()}\n\n{END}{after}"


def _name(key: Key) -> str:
    path = (*key.path, ALIAS) if key.by_alias else key.path
    return ".".join(path)


def _value(key: Key) -> str:
    if key.is_section:
        return "section"
    names = ", ".join(dict.fromkeys(_names(key.field.annotation)))
    return f"{names}; {_default(key)}"


def _names(annotation: Any) -> list[str]:
    if annotation is str:
        return ["text"]
    if annotation in (int, float):
        return ["number"]
    if get_origin(annotation) is dict:
        return ["names with text" if get_args(annotation)[1] is str else "names with values"]
    if get_origin(annotation) is list:
        return ["list of text"]
    if annotation is bool:
        return ["`true`", "`false`"]
    if annotation is type(None):
        return ["`null`"]
    if get_origin(annotation) is Literal:
        return [f"`{value}`" for value in get_args(annotation)]
    return [name for argument in get_args(annotation) for name in _names(argument)]


def _default(key: Key) -> str:
    if key.field.is_required():
        return "required"
    if key.field.default_factory is not None:
        return "default none"
    default = key.field.default
    if isinstance(default, bool):
        return f"default `{str(default).lower()}`"
    return "default `null`" if default is None else f"default `{default}`"


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.write_text(renewed(target.read_text(encoding="utf-8")), encoding="utf-8")
