"""Where azureml.yml says what a job document names: the place that the user edits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kedro_azureml.config import AzureMLConfig, ComputeConfig
from kedro_azureml.job.model import Resources
from kedro_azureml.job.references import environment_reference


@dataclass(frozen=True)
class Places:
    """The places behind a document that was compiled now.

    Attributes:
        config: What azureml.yml says; None for a compiled file, which itself is what to edit.
        environment: The option that names the environment of all steps, if one does.
    """

    config: AzureMLConfig | None = None
    environment: str | None = None

    def of_compute(self, name: str, in_document: str) -> str:
        """Return where a compute is named."""
        for alias, settings in self._computes():
            if settings.target == name:
                key = "instance_name" if settings.instance_name else "cluster_name"
                return self._place(alias, key)
        return in_document

    def of_resources(self, compute: str, resources: Resources, key: str, in_document: str) -> str:
        """Return where a step's machines are asked for."""
        for alias, settings in self._computes():
            asked = (settings.instance_type, settings.instance_count)
            if settings.target == compute and asked == (
                resources.instance_type,
                resources.instance_count,
            ):
                return self._place(alias, key)
        return in_document

    def of_environment(self, reference: str, in_document: str) -> str:
        """Return where a registered environment is named."""
        if self.environment:
            return self.environment
        if self.config is None:
            return in_document
        azure = self.config.azure
        for alias, environment in azure.environments.items():
            if environment.name and environment_reference(environment.name) == reference:
                return self.config.place("azure", "environments", alias, "name")
        name = azure.environment_name
        if name and environment_reference(name) == reference:
            return self.config.place("azure", "environment_name")
        return in_document

    def of_secrets(self, in_document: str) -> str:
        """Return where the secrets of steps are named."""
        return self.config.place("azure", "secrets") if self.config else in_document

    def of_identity(self, compute: str, in_document: str) -> str:
        """Return where it is said as whom the steps on a compute act."""
        for alias, settings in self._computes():
            if settings.target == compute:
                return self._place(alias, "identity")
        return in_document

    def _computes(self) -> Iterator[tuple[str, ComputeConfig]]:
        azure = self.config.azure if self.config else None
        for alias in azure.compute if azure else ():
            settings = azure.compute_settings(alias) if azure else None
            if settings is not None:
                yield alias, settings

    def _place(self, alias: str, key: str) -> str:
        return self.config.compute_place(alias, key) if self.config else alias
