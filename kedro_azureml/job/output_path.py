"""Where an output goes, and what it is called in the workspace, as people write it.

A path may hold Azure ML's own expressions, which the service replaces, and three placeholders of
this package: ``{job}`` and ``{pipeline}``, which the compiler replaces, and ``{date}``, which is
replaced when the job is submitted, or rehearsed.

docs/architecture/azureml-capabilities.md#4-data-assets-models-registries
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from kedro_azureml.diagnostics import nearest
from kedro_azureml.job.data_address import BadAddressError, in_datastore
from kedro_azureml.job.references import PREFIX

# Azure ML's own, for paths of outputs: includes/output-path-expressions.
_EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
_EXPRESSIONS = ("name", "output_name", "default_datastore")
_PLACEHOLDER = re.compile(r"(?<!\{)\{([^{}]*)\}(?!\})")
_DATE = "date"
_FILLED_BY_COMPILER = ("job", "pipeline")
# To the second: a folder that is not empty is refused (docs/architecture/azureml-contracts.md).
_DATE_FORMAT = "%Y-%m-%d-%H-%M-%S"
_FORMAT = re.compile(r"(?:%[YymdHMSfjGVu]|[^%])+")
_PART = r"[^/\s]+"
_DATASTORE = re.compile(
    rf"{PREFIX}//(subscriptions/{_PART}/resource[gG]roups/{_PART}/"
    rf"(providers/Microsoft\.MachineLearningServices/)?workspaces/{_PART}/)?"
    rf"datastores/{_PART}/paths/.+",
    re.IGNORECASE,
)
_STORAGE = re.compile(r"(wasbs?|abfss?)://[^/\s]+/.+", re.IGNORECASE)
# azure-ai-ml checks the same (docs/architecture/azureml-capabilities.md).
_NAME = re.compile(r"[A-Za-z0-9_-]{1,255}", re.ASCII)
_NOT_IN_NAME = re.compile(r"[^A-Za-z0-9_-]+", re.ASCII)
# Behind the path of the first run, in that of a later one.
_AGAIN = "-again-"
_EXAMPLE = f"'{PREFIX}//datastores/workspaceblobstore/paths/FOLDER/{{date}}'"


def output_path(text: str) -> str:
    """Check the path of an output, placeholders and all, and return it as a document has it.

    Raises:
        BadAddressError: Azure ML would not write there, which the SDK does not see.
    """
    path = _EXPRESSION.sub(lambda match: f"${{{{{match.group(1)}}}}}", text)
    if not _DATASTORE.fullmatch(path) and not _STORAGE.fullmatch(path):
        raise BadAddressError(
            f"'{text}' is no place that a job could write to.", f"Expected one as {_EXAMPLE}."
        )
    _check(path)
    return path


def below_datastore(datastore: str, text: str) -> str:
    """Return the address of a path in a datastore, placeholders and all.

    Raises:
        BadAddressError: The path holds what no path may hold.
    """
    return output_path(in_datastore(datastore, f"{text.strip('/')}/"))


def is_fixed(path: str) -> bool:
    """Tell whether every run writes to the same place."""
    return not has_date(path) and "name" not in _EXPRESSION.findall(path)


def has_date(text: str) -> bool:
    """Tell whether the time of the submission belongs into a text."""
    return any(name.partition(":")[0] == _DATE for name in _PLACEHOLDER.findall(text))


def asset_name(text: str, values: Mapping[str, str]) -> str:
    """Check the name of an asset or a model, and fill its placeholders.

    What stands in place of a placeholder may hold any letter: those that no name may have become
    dashes. It needs no date, because each run makes another version.

    Raises:
        BadAddressError: Azure ML refuses it.
    """
    if has_date(text):
        raise BadAddressError(
            f"The name '{text}' would be another one each time.",
            "Leave the date out: each run makes another version of one asset.",
        )
    legal = {key: _NOT_IN_NAME.sub("-", value).strip("-") for key, value in values.items()}
    name = filled(text, legal)
    check_asset_name(name)
    return name


def check_asset_name(name: str) -> None:
    """Check the name of an asset or a model as a document has it.

    Raises:
        BadAddressError: Azure ML refuses it.
    """
    if not _NAME.fullmatch(name):
        raise BadAddressError(
            f"'{name}' is no name that Azure ML takes for an asset.",
            "Use at most 255 of the letters A to Z, digits, '-' and '_'.",
        )


def filled(text: str, values: Mapping[str, str]) -> str:
    """Replace the placeholders that the compiler knows.

    Raises:
        BadAddressError: There is another placeholder.
    """

    def value(match: re.Match[str]) -> str:
        name, _, form = match.group(1).partition(":")
        if name == _DATE and (not form or _FORMAT.fullmatch(form)):
            return match.group(0)
        if name == _DATE:
            raise BadAddressError(
                f"'{form}' is no format of a date.", "Write it as '%Y-%m-%d' or '%H-%M-%S'."
            )
        if name not in _FILLED_BY_COMPILER or form:
            known = [*_FILLED_BY_COMPILER, _DATE]
            raise BadAddressError(f"'{match.group(0)}' stands for nothing.", nearest(name, known))
        return values[name]

    return _PLACEHOLDER.sub(value, text)


def with_date(text: str, moment: datetime) -> str:
    """Replace ``{date}`` and ``{date:FORMAT}``; anything else stays as it is."""

    def value(match: re.Match[str]) -> str:
        name, _, form = match.group(1).partition(":")
        if name != _DATE or (form and not _FORMAT.fullmatch(form)):
            return match.group(0)
        return moment.strftime(form or _DATE_FORMAT)

    return _PLACEHOLDER.sub(value, text)


def another_place(path: str, moment: datetime) -> str:
    """Return the place to which a job writes that is run once more, beside that of the first run.

    A path that Azure ML completes by itself is another one each time.
    """
    if "name" in _EXPRESSION.findall(path) or not (_DATASTORE.match(path) or _STORAGE.match(path)):
        return path
    first, end, _ = path.partition(_AGAIN) if _AGAIN in path else (path.rstrip("/"), "", "")
    slash = "/" if path.endswith("/") else ""
    return f"{first}{end or _AGAIN}{moment.strftime(_DATE_FORMAT)}{slash}"


def in_folder(path: str, name: str, *, is_file: bool) -> str:
    """Return a place in a folder of its own: in that of the path, or around the file that it is."""
    above, _, last = path.rstrip("/").rpartition("/")
    return f"{above}/{name}/{last}" if is_file else f"{above}/{last}/{name}/"


def _check(path: str) -> None:
    for expression in _EXPRESSION.findall(path):
        if expression not in _EXPRESSIONS:
            raise BadAddressError(
                f"'${{{{{expression}}}}}' is no expression for the path of an output.",
                nearest(expression, _EXPRESSIONS),
            )
    parts = path.split("/")
    if ".." in parts or "\\" in path or not path.isprintable():
        raise BadAddressError(
            f"'{path}' leads elsewhere than it says.", "Write a path without '..' and backslashes."
        )
    filled(path, dict.fromkeys(_FILLED_BY_COMPILER, "x"))
