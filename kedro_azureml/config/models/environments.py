"""``azure.environments`` of azureml.yml: in which image a node runs."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, Field, field_validator, model_validator

from kedro_azureml.config.models import values
from kedro_azureml.config.models.compute import Variables
from kedro_azureml.config.models.section import Section, Text

# Microsoft's own example, https://learn.microsoft.com/azure/machine-learning/how-to-manage-environments-v2
BASE_IMAGE = "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04"
_FORMS = ("name", "conda_file", "requirements", "build")


class BuildConfig(Section):
    """A Docker build context."""

    path: Text = Field(description="Folder of the build context, relative to the project.")
    dockerfile: Text = Field(
        default="Dockerfile", description="The Dockerfile, relative to that folder."
    )


class EnvironmentConfig(Section):
    """One environment under an alias: exactly one of the ways to say what is in it."""

    name: Annotated[str, AfterValidator(values.environment_name)] | None = Field(
        default=None,
        description="An environment of the workspace: `name@latest`, `name:3`, or `name`, which "
        "means its latest version.",
    )
    image: Annotated[str, AfterValidator(values.docker_image)] | None = Field(
        default=None,
        description="A container image. Beside `conda_file` or `requirements`: what they are "
        f"installed on, by default `{BASE_IMAGE}`.",
    )
    conda_file: Text | None = Field(
        default=None, description="A conda environment file, relative to the project."
    )
    requirements: Text | None = Field(
        default=None, description="A pip requirements file, relative to the project."
    )
    python_version: Annotated[str, AfterValidator(values.python_version)] | None = Field(
        default=None,
        description="Python of `requirements`, in quotes; by default the version that compiles.",
    )
    build: BuildConfig | None = Field(default=None, description="A Docker build context.")
    environment_variables: Variables = Field(
        default_factory=dict,
        description="Environment variables of the steps; those of the compute alias and of "
        "`--env-var` win.",
    )

    @field_validator("environment_variables", mode="before")
    @classmethod
    def _none_is_empty(cls, value: Any) -> Any:
        return {} if value is None else value

    @model_validator(mode="after")
    def _one_form(self) -> EnvironmentConfig:
        forms = [name for name in _FORMS if getattr(self, name) is not None]
        if self.image and forms and forms[0] not in ("conda_file", "requirements"):
            forms.append("image")
        if len(forms) > 1:
            named = " and ".join(f"'{name}'" for name in forms)
            raise values.BadValueError(f"{named} say two things.", "Keep one of them.")
        if not forms and not self.image:
            raise values.BadValueError(
                "Nothing says what the environment is.",
                "Write one of 'name', 'image', 'conda_file', 'requirements' and 'build'.",
            )
        if self.python_version and not self.requirements:
            raise values.BadValueError(
                "'python_version' belongs to 'requirements'.",
                "Remove it; a conda file names its own Python.",
            )
        return self
