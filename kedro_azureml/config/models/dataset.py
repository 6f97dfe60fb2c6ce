"""``metadata.azureml`` of a catalog entry: what the workspace knows a dataset by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationError

from kedro_azureml.config.models import values
from kedro_azureml.config.models.export import asset_name_to_fill
from kedro_azureml.config.models.section import Section
from kedro_azureml.datasets.wrappers import ASSET_TYPES, AssetEntry
from kedro_azureml.diagnostics import Diagnostic, nearest
from kedro_azureml.job.data_address import BadAddressError, data_path
from kedro_azureml.job.output_path import output_path
from kedro_azureml.job.references import PREFIX

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

SECTION = ("metadata", "azureml")

# Arguments of an AzureMLAssetDataset, which say the same.
_ARGUMENTS = {"asset": "azureml_dataset", "type": "azureml_type"}

# What a place in a catalog entry is called: a dataset's name and the keys that lead to a value.
Place = Callable[[str, tuple[str, ...]], str]


def address(value: str) -> str:
    """Check the address of a dataset, and return it as a document has it."""
    try:
        return data_path(values.text(value))
    except BadAddressError as error:
        raise values.BadValueError(error.message, error.remedy) from None


def _output_path(value: str) -> str:
    try:
        return output_path(value)
    except BadAddressError as error:
        raise values.BadValueError(error.message, error.remedy) from None


class DatasetSettings(Section):
    """What a catalog entry says to Azure ML.

    A field whose key is a word of pydantic's own has another name and the key as its alias.
    """

    asset: Annotated[str, AfterValidator(address)] | None = Field(
        default=None,
        description="What a job reads instead of uploading the local copy: a data asset as "
        f"`name@latest` or `name:3`, or an address such as `{PREFIX}//datastores/...` or "
        "`https://...`.",
    )
    type: Literal["uri_file", "uri_folder", "mltable", "mlflow_model", "custom_model"] | None = (
        Field(
            default=None,
            description="What Azure ML calls it. Without it: `uri_folder` for a partitioned or "
            "versioned dataset and for a path without a suffix, else `uri_file`.",
        )
    )
    mode: Literal["ro_mount", "download", "eval_mount", "eval_download"] | None = Field(
        default=None,
        description="How a step gets the data; Azure ML's own way is `ro_mount`.",
    )
    register_as: Annotated[str, AfterValidator(asset_name_to_fill)] | None = Field(
        default=None,
        alias="register",
        description="What the workspace calls what a job writes: a data asset, or a model if it is "
        "one. Each run makes another version.",
    )
    path: Annotated[str, AfterValidator(_output_path)] | None = Field(
        default=None,
        description="Where a job writes it, such as "
        f"`{PREFIX}//datastores/NAME/paths/FOLDER/{{date}}`; another place for each run.",
    )


NO_SETTINGS = DatasetSettings()


def read_settings(
    name: str, config: Mapping[str, Any], place: Place
) -> tuple[DatasetSettings, list[Diagnostic]]:
    """Read what a catalog entry says to Azure ML; a mistake in it counts as nothing said.

    Args:
        name: The dataset, for messages.
        config: The resolved entry.
        place: Gives the place of a value, for messages.

    Returns:
        The settings and the mistakes: KAZ311.
    """
    metadata = config.get("metadata")
    said = metadata.get("azureml") if isinstance(metadata, Mapping) else None
    entry = AssetEntry.of(config)
    if entry is not None:
        if entry.type not in ASSET_TYPES:
            return NO_SETTINGS, [_wrong_type(name, entry.type, place)]
        if isinstance(said, Mapping) and (twice := _ARGUMENTS.keys() & said.keys()):
            return NO_SETTINGS, [_said_twice(name, min(twice), place)]
        own = {"asset": entry.reference, "type": entry.type}
        said = {**own, **said} if isinstance(said, Mapping) else said or own
    if said is None:
        return NO_SETTINGS, []
    try:
        return DatasetSettings.model_validate(said), []
    except ValidationError as error:
        own_keys = _ARGUMENTS if entry else {}
        found = error.errors()
        return NO_SETTINGS, [_problem(name, details, own_keys, place) for details in found]


def _wrong_type(name: str, kind: str, place: Place) -> Diagnostic:
    return Diagnostic(
        "KAZ311",
        f"The dataset '{name}': {values.shown(kind)} is not a value for 'azureml_type'.",
        nearest(kind, ASSET_TYPES),
        where=place(name, ("azureml_type",)),
    )


def _said_twice(name: str, key: str, place: Place) -> Diagnostic:
    return Diagnostic(
        "KAZ311",
        f"The dataset '{name}': '{_ARGUMENTS[key]}' of an AzureMLAssetDataset says what '{key}' "
        "says.",
        "Remove it here.",
        where=place(name, (*SECTION, key)),
    )


def _problem(
    name: str, details: ErrorDetails, arguments: Mapping[str, str], place: Place
) -> Diagnostic:
    loc = tuple(map(str, details["loc"]))
    key = loc[-1] if loc else SECTION[-1]
    own = details.get("ctx", {}).get("error")
    if isinstance(own, values.BadValueError):
        message, remedy = own.message, own.remedy
    elif details["type"] == "extra_forbidden":
        message = f"'{key}' is not a key of '{'.'.join(SECTION)}'."
        remedy = nearest(key, keys())
    else:
        message = f"{values.shown(details['input'])} is not a value for '{key}'."
        remedy = _expected(details)
    return Diagnostic(
        "KAZ311",
        f"The dataset '{name}': {message}",
        remedy,
        where=place(name, (arguments[key],) if key in arguments else (*SECTION, *loc)),
    )


def _expected(details: ErrorDetails) -> str:
    if details["type"] == "literal_error":
        expected = str(details["ctx"]["expected"])
        known = expected.replace("'", "").replace(" or ", ", ").split(", ")
        return nearest(str(details["input"]), known)
    if details["type"] in ("model_type", "model_attributes_type"):
        return f"Expected a section with keys: {', '.join(keys())}."
    return "Expected text. Put it in quotes."


def keys() -> list[str]:
    """Return the keys of the section, as people write them."""
    return [field.alias or key for key, field in DatasetSettings.model_fields.items()]
