"""azureml.yml as a typed model: every key that it may hold, and what each one does.

A superset of kedro-azureml 1.0's file. The descriptions are the reference of the documentation
(``docs/azureml-yml.md``, kept in step by a test).
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, PrivateAttr, field_validator, model_validator

from kedro_azureml.config.models import values
from kedro_azureml.config.models.compute import ComputeConfig
from kedro_azureml.config.models.endpoints import EndpointConfig
from kedro_azureml.config.models.environments import EnvironmentConfig
from kedro_azureml.config.models.export import ExportConfig
from kedro_azureml.config.models.grouping import GroupingConfig
from kedro_azureml.config.models.jobs import JobConfig
from kedro_azureml.config.models.mlflow import MlflowConfig
from kedro_azureml.config.models.schedules import ScheduleConfig
from kedro_azureml.config.models.secrets import SecretsConfig
from kedro_azureml.config.models.section import Section, Text
from kedro_azureml.config.models.steps import StepConfig
from kedro_azureml.config.models.storage import (
    PipelineDataPassingConfig,
    TemporaryStorageConfig,
)
from kedro_azureml.config.models.workspaces import WorkspaceConfig
from kedro_azureml.config.source import ConfigFile, where
from kedro_azureml.storage.access import container_url


class AzureConfig(Section):
    """Where the job runs and what it consists of."""

    subscription_id: Annotated[str, AfterValidator(values.subscription_id)] | None = Field(
        default=None,
        description="Azure subscription. Without it: `-s/--subscription-id`, or the environment "
        "variable AZURE_SUBSCRIPTION_ID.",
    )
    resource_group: Annotated[str, AfterValidator(values.resource_group)] | None = Field(
        default=None, description="Resource group of the workspace."
    )
    workspace_name: Annotated[str, AfterValidator(values.workspace_name)] | None = Field(
        default=None, description="Azure ML workspace."
    )
    workspaces: dict[Text, WorkspaceConfig] = Field(
        default_factory=dict,
        description="Other workspaces by alias, for `-w ALIAS`, and for `workspace` of a job, a "
        "schedule or an endpoint.",
    )
    experiment_name: Annotated[str, AfterValidator(values.experiment_name)] | None = Field(
        default=None, description="Experiment under which Azure ML lists the jobs."
    )
    environment_name: Annotated[str, AfterValidator(values.environment_name)] | None = Field(
        default=None,
        description="Azure ML environment of the steps: `name@latest`, `name:3`, or `name`, which "
        "means its latest version. `--aml-env` overrides it.",
    )
    code_directory: Text | None = Field(
        default=".",
        description="Folder to upload as the code of every step, relative to the project. `null`: "
        "the code is in the image. Left out beside `docker.image` or `working_directory` it is "
        "`null`, as in kedro-azureml 1.0.",
    )
    working_directory: Text | None = Field(
        default=None,
        description="Folder of the project inside the image. Used only when `code_directory` is "
        "`null`.",
    )
    local_inputs: Literal["upload", "code"] = Field(
        default="upload",
        description="How raw inputs on a local path reach the job. `upload`: as inputs of the job, "
        "uploaded once. `code`: read from the uploaded code folder, as in kedro-azureml 1.0; keep "
        "them out of .amlignore then.",
    )
    pipeline_data_passing: PipelineDataPassingConfig | None = Field(
        default=None, description="kedro-azureml 1.0's switch for how steps pass data."
    )
    temporary_storage: TemporaryStorageConfig | None = Field(
        default=None,
        description="Blob storage through which steps pass data, instead of outputs of the job.",
    )
    job_inputs: list[Text] = Field(
        default_factory=list,
        description="Parameters, such as `model.depth`, that become inputs of every job whose "
        "nodes read them: Studio, a schedule or `--set` changes them without compiling.",
    )
    compute: dict[Text, ComputeConfig] = Field(
        default_factory=dict,
        description="Compute targets by alias. A node runs on the alias that is one of its tags, "
        f"any other node on `{values.DEFAULT_ALIAS}`, which also gives what an alias leaves out.",
    )
    environments: dict[Text, EnvironmentConfig] = Field(
        default_factory=dict,
        description="Environments by alias, chosen by tag as computes are: any other node runs in "
        f"`{values.DEFAULT_ALIAS}`, or without that in `environment_name`.",
    )
    steps: dict[Text, StepConfig] = Field(
        default_factory=dict,
        description="Nodes, by name, whose work on Azure ML a component does instead.",
    )
    secrets: SecretsConfig | None = Field(
        default=None, description="Secrets of the steps, which stay in a key vault."
    )
    grouping: GroupingConfig = Field(
        default_factory=GroupingConfig, description="Which nodes share a step."
    )
    export: ExportConfig | None = Field(
        default=None, description="Puts the final outputs of each job together in one folder."
    )
    mlflow: MlflowConfig = Field(
        default_factory=MlflowConfig,
        description="What steps do with the MLflow runs that Azure ML makes for them.",
    )
    jobs: dict[Annotated[str, AfterValidator(values.job_name)], JobConfig] = Field(
        default_factory=dict,
        description="Jobs by name, for `-j NAME` of `compile`, `plan` and `run`. What the command "
        "line says comes first.",
    )
    schedules: dict[Annotated[str, AfterValidator(values.schedule_name)], ScheduleConfig] = Field(
        default_factory=dict, description="Jobs that start by themselves, by the schedule's name."
    )
    endpoints: dict[Annotated[str, AfterValidator(values.endpoint_name)], EndpointConfig] = Field(
        default_factory=dict,
        description="Jobs that other systems start, by the name of a batch endpoint.",
    )
    cloud: Literal["AzureCloud", "AzureChinaCloud", "AzureUSGovernment"] = Field(
        default="AzureCloud", description="The Azure cloud that holds the workspace."
    )

    @field_validator(
        *("compute", "environments", "steps", "jobs", "schedules", "endpoints", "workspaces"),
        mode="before",
    )
    @classmethod
    def _none_is_empty(cls, value: Any) -> Any:
        return {} if value is None else value

    @field_validator("job_inputs", mode="before")
    @classmethod
    def _none_is_no_list(cls, value: Any) -> Any:
        return [] if value is None else value

    @field_validator("grouping", "mlflow", mode="before")
    @classmethod
    def _none_is_default(cls, value: Any) -> Any:
        return {} if value is None else value

    @field_validator("schedules", "endpoints", mode="after")
    @classmethod
    def _differ_in_more_than_case(cls, value: dict[str, Any]) -> dict[str, Any]:
        first: dict[str, str] = {}
        for name in value:
            other = first.setdefault(name.lower(), name)
            if other != name:
                raise values.BadValueError(
                    f"'{other}' and '{name}' are one name for Azure.", "Call one of them otherwise."
                )
        return value

    @field_validator("compute", mode="after")
    @classmethod
    def _created_in_one_way(cls, value: dict[str, ComputeConfig]) -> dict[str, ComputeConfig]:
        first: dict[str, str] = {}
        for alias, entry in value.items():
            if entry.create is None or entry.target is None:
                continue
            other = first.setdefault(entry.target, alias)
            if value[other].create != entry.create:
                raise values.BadValueError(
                    f"'{other}' and '{alias}' create '{entry.target}' in two ways.",
                    "Keep 'create' in one of them.",
                )
        return value

    @property
    def storage_url(self) -> str | None:
        """Return the address of the temporary storage, or None without one."""
        storage, passing = self.temporary_storage, self.pipeline_data_passing
        if storage is None or (passing is not None and passing.enabled):
            return None
        if storage.url is not None:
            return storage.url
        return container_url(str(storage.account_name), str(storage.container), self.cloud)

    @field_validator("temporary_storage", mode="after")
    @classmethod
    def _unset_is_none(cls, value: TemporaryStorageConfig | None) -> TemporaryStorageConfig | None:
        # kedro-azureml 1.0's `init` wrote the section with both values null.
        return value if value and (value.account_name or value.url) else None

    def compute_settings(self, alias: str) -> ComputeConfig | None:
        """Return an alias of `compute` completed from `__default__`, or None if it is unknown."""
        entry = self.compute.get(alias)
        default = self.compute.get(values.DEFAULT_ALIAS)
        if entry is None or default is None or entry is default:
            return entry
        return entry.over(default)


class DockerConfig(Section):
    """kedro-azureml 1.0's way to name an image."""

    image: Annotated[str, AfterValidator(values.docker_image)] | None = Field(
        default=None,
        description="Container image of the steps, instead of an Azure ML environment. "
        "`-i/--image` overrides it.",
    )


class AzureMLConfig(Section):
    """The whole of azureml.yml."""

    azure: AzureConfig = Field(
        default_factory=AzureConfig, description="Where the job runs and what it consists of."
    )
    docker: DockerConfig = Field(
        default_factory=DockerConfig, description="kedro-azureml 1.0's way to name an image."
    )
    # Those that win come first.
    _files: tuple[ConfigFile, ...] = PrivateAttr(default=())

    def read_from(self, files: Iterable[ConfigFile]) -> None:
        """Remember the files, so that `place` knows lines."""
        self._files = tuple(files)

    @property
    def files(self) -> frozenset[Path]:
        """The files that it was read from."""
        return frozenset(file.path for file in self._files)

    def place(self, *keys: str) -> str:
        """Return the file, the line and the keys of a value, for messages."""
        return where(self._files, keys)

    def compute_place(self, alias: str, *keys: str) -> str:
        """Return the place of a value of a compute alias, which may be ``__default__``'s."""
        own = self.azure.compute.get(alias)
        if own is None or keys[0] not in own.model_fields_set:
            default = self.azure.compute.get(values.DEFAULT_ALIAS)
            if default is not None and keys[0] in default.model_fields_set:
                alias = values.DEFAULT_ALIAS
        return self.place("azure", "compute", alias, *keys)

    @model_validator(mode="after")
    def _one_default_environment(self) -> AzureMLConfig:
        others = {
            "azure.environment_name": self.azure.environment_name,
            "docker.image": self.docker.image,
        }
        named = [key for key, value in others.items() if value]
        if named and values.DEFAULT_ALIAS in self.azure.environments:
            raise values.BadValueError(
                f"'{named[0]}' and 'azure.environments.{values.DEFAULT_ALIAS}' both name the "
                "environment of nodes without an alias.",
                "Keep one of them.",
            )
        return self

    @classmethod
    def default(cls) -> AzureMLConfig:
        """Return the settings of a project without azureml.yml."""
        return cls()

    @model_validator(mode="before")
    @classmethod
    def _complete(cls, data: Any) -> Any:
        """Treat empty sections as left out, and apply 1.0's default for `code_directory`."""
        if not isinstance(data, dict):
            return data
        data = {key: {} if value is None else value for key, value in data.items()}
        azure, docker = data.get("azure"), data.get("docker")
        if isinstance(azure, dict) and "code_directory" not in azure:
            image = docker.get("image") if isinstance(docker, dict) else None
            if image or azure.get("working_directory"):
                data["azure"] = {**azure, "code_directory": None}
        return data
