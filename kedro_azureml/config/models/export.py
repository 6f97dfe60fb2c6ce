"""``azure.export`` of azureml.yml: the final outputs of a job, put together."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from kedro_azureml.config.models import values
from kedro_azureml.config.models.section import Section, Text
from kedro_azureml.job.data_address import BadAddressError
from kedro_azureml.job.output_path import asset_name, below_datastore

_ANY = {"job": "job", "pipeline": "pipeline"}


def _path(value: str) -> str:
    try:
        below_datastore("any", value)
    except BadAddressError as error:
        raise values.BadValueError(error.message, error.remedy) from None
    return value


def asset_name_to_fill(value: str) -> str:
    """Check the name of an asset, in which placeholders may stand."""
    try:
        asset_name(value, _ANY)
    except BadAddressError as error:
        raise values.BadValueError(error.message, error.remedy) from None
    return value


class ExportConfig(Section):
    """Where the final outputs of a job are put together, and what they become."""

    datastore: Text = Field(
        default="workspaceblobstore", description="Datastore of the workspace that takes them."
    )
    path: Annotated[str, AfterValidator(_path)] = Field(
        default="{date:%Y-%m-%d-%H-%M-%S}/{job}",
        description="Folder in the datastore, another one for each run. `{job}`, `{pipeline}` and "
        "`{date}` are replaced.",
    )
    register_as: Annotated[str, AfterValidator(asset_name_to_fill)] | None = Field(
        default=None,
        alias="register",
        description="Data asset that the folder becomes, such as `{job}`; each run makes a version "
        "of it.",
    )
    datasets: list[Text] | None = Field(
        default=None,
        description="Datasets that are exported; otherwise those with a path in the catalog that "
        "no step reads, or that are registered.",
    )
    compute: Text | None = Field(
        default=None,
        description="Alias of `azure.compute` for the step that copies them; otherwise "
        f"`{values.DEFAULT_ALIAS}`.",
    )
