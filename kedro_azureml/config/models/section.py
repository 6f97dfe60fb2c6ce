"""What all sections of azureml.yml have in common."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict

from kedro_azureml.config.models import values

Text = Annotated[str, AfterValidator(values.text)]


class Section(BaseModel):
    """A mapping of azureml.yml: immutable, and refusing keys that it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)
