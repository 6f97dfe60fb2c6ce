"""What pydantic finds wrong in azureml.yml, said as diagnostics."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from pydantic import ValidationError

from kedro_azureml.config.keys import suggestion
from kedro_azureml.config.models.values import BadValueError, shown
from kedro_azureml.config.source import ConfigFile, Loc, where
from kedro_azureml.diagnostics import Diagnostic

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

# What pydantic appends to the place of an error in a mapping's key.
_KEY_MARK = "[key]"
_EXPECTED = {
    "string_type": "Expected text. Put it in quotes.",
    "bool_type": "Expected true or false.",
    "bool_parsing": "Expected true or false.",
    "int_type": "Expected a whole number.",
    "int_parsing": "Expected a whole number.",
    "list_type": "Expected a list: values with '- ' before each.",
    "dict_type": "Expected a section: keys with values, indented below it.",
    "model_type": "Expected a section: keys with values, indented below it.",
}


def problems(
    error: ValidationError, files: Iterable[ConfigFile], ignore: Collection[Loc] = ()
) -> list[Diagnostic]:
    """Turn each error into a diagnostic.

    Args:
        error: What pydantic reports.
        files: The files, those that win first.
        ignore: Values that are not known, because they could not be resolved.
    """
    files = list(files)
    diagnostics = []
    for details in error.errors():
        loc = tuple(key for key in details["loc"] if key != _KEY_MARK)
        if not any(loc[: len(unknown)] == unknown for unknown in ignore):
            diagnostics.append(_problem(details, loc, where(files, loc)))
    return diagnostics


def _problem(details: ErrorDetails, loc: Loc, position: str | None) -> Diagnostic:
    kind = details["type"]
    name = str(loc[-1]) if loc else "azureml.yml"
    if kind == "extra_forbidden":
        return Diagnostic(
            "KAZ103",
            f"'{name}' is not a key of {_section(loc)}.",
            suggestion(tuple(map(str, loc))) or "Remove it.",
            where=position,
        )
    if kind == "missing":
        return Diagnostic(
            "KAZ104", f"'{name}' is missing in {_section(loc)}.", "Add it.", where=position
        )
    own = details.get("ctx", {}).get("error")
    if isinstance(own, BadValueError):
        return Diagnostic("KAZ104", own.message, own.remedy, where=position)
    if kind == "literal_error":
        remedy = f"Expected {details['ctx']['expected']}."
    else:
        remedy = _EXPECTED.get(kind, f"{details['msg']}.")
    return Diagnostic(
        "KAZ104", f"{shown(details['input'])} is not a value for '{name}'.", remedy, where=position
    )


def _section(loc: Loc) -> str:
    return f"'{'.'.join(map(str, loc[:-1]))}'" if len(loc) > 1 else "azureml.yml"
