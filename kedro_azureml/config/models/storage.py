"""Where steps pass data to one another: temporary storage, or outputs of the job."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from kedro_azureml import extensions
from kedro_azureml.config.models import values
from kedro_azureml.config.models.section import Section
from kedro_azureml.diagnostics import nearest


def _address(value: str) -> str:
    """Check the address of a store that another package knows."""
    scheme, separator, rest = values.text(value).partition("://")
    known = extensions.names(extensions.STORES)
    if not separator or not rest:
        raise values.BadValueError(
            f"{values.shown(value)} is no address.", "Expected SCHEME://..., such as 'acme://data'."
        )
    if scheme not in known:
        raise values.BadValueError(
            f"No package knows an address that begins with '{scheme}://'.",
            nearest(scheme, known) or "Install the package that does.",
        )
    return value


class TemporaryStorageConfig(Section):
    """The blob container through which steps pass data to one another."""

    account_name: Annotated[str, AfterValidator(values.storage_account_name)] | None = Field(
        default=None, description="Storage account."
    )
    container: Annotated[str, AfterValidator(values.storage_container)] | None = Field(
        default=None,
        description="Blob container. The data goes under `kedro-azureml-temp/`; give that prefix a "
        "lifecycle rule, so that old runs cost nothing.",
    )
    url: Annotated[str, AfterValidator(_address)] | None = Field(
        default=None,
        description="Instead of both: the address of a store that another package knows, such as "
        "`acme://bucket/folder`.",
    )
    credential: Literal["auto", "identity", "key"] = Field(
        default="auto",
        description="How steps get at the container. `identity`: as their compute's managed "
        "identity, or as you. `key`: by a signature for this container, made on submission from "
        "AZURE_STORAGE_ACCOUNT_KEY or from what you type. `auto`: by key if there is one, else "
        "by identity.",
    )
    sas_lifetime: Annotated[str, AfterValidator(values.duration)] = Field(
        default="7d",
        description="How long such a signature is good for, at least: `7d`, `12h`. A step that "
        "starts or ends later fails.",
    )

    @model_validator(mode="after")
    def _both_or_neither(self) -> TemporaryStorageConfig:
        if (self.account_name is None) != (self.container is None):
            missing = "account_name" if self.account_name is None else "container"
            raise values.BadValueError(
                f"'{missing}' is missing.", "Give both account_name and container, or neither."
            )
        if self.url is not None and self.account_name is not None:
            raise values.BadValueError(
                "'url' and 'account_name' name two stores.", "Keep one of them."
            )
        return self


class PipelineDataPassingConfig(Section):
    """kedro-azureml 1.0's switch between the two ways of passing data."""

    enabled: bool = Field(
        default=False,
        description="Pass data between steps as outputs of the Azure ML job, needing no storage "
        "account. This is also what happens without `temporary_storage`.",
    )
