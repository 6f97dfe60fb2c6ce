"""What azureml.yml says of the computes that it names."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from kedro_azureml.config import AzureMLConfig
from kedro_azureml.config.models.compute import ComputeConfig
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError, nearest

CLUSTER, INSTANCE, KUBERNETES = "amlcompute", "computeinstance", "kubernetes"
KINDS = {
    CLUSTER: "compute cluster",
    INSTANCE: "compute instance",
    KUBERNETES: "Kubernetes cluster",
}


@dataclass(frozen=True)
class ComputeSpec:
    """What azureml.yml says of a compute.

    Attributes:
        alias: The first alias that names it.
        name: Its name in the workspace.
        settings: The alias, with what it takes from ``__default__``.
        config: All of azureml.yml.
    """

    alias: str
    name: str
    settings: ComputeConfig
    config: AzureMLConfig = field(default_factory=AzureMLConfig.default, repr=False, compare=False)

    def place(self, *keys: str) -> str:
        """Return the file, the line and the keys of a setting, for messages."""
        return self.config.compute_place(self.alias, *keys)

    @property
    def kind(self) -> str | None:
        """What it has to be; None where anything will do."""
        if self.settings.instance_name:
            return INSTANCE
        return CLUSTER if self.settings.create else None

    def __str__(self) -> str:
        create = self.settings.create
        text = f"{KINDS[self.kind or CLUSTER]} '{self.name}'"
        if create is None:
            return text
        parts = [create.size]
        if self.kind == CLUSTER:
            least, most = create.min_instances or 0, create.max_instances
            parts.append(f"{least} to {4 if most is None else most} machines")
        if create.tier == "low_priority":
            parts.append("low priority")
        return f"{text} ({', '.join(parts)})"


def specs_of(config: AzureMLConfig) -> dict[str, ComputeSpec]:
    """Return what azureml.yml says of each compute that it names, by the compute's name."""
    specs: dict[str, ComputeSpec] = {}
    for alias in config.azure.compute:
        settings = config.azure.compute_settings(alias)
        name = settings.target if settings else None
        if settings is None or name is None:
            continue
        known = specs.get(name)
        if known is None or (settings.create and not known.settings.create):
            specs[name] = ComputeSpec(alias, name, settings, config)
    return specs


def alias_settings(config: AzureMLConfig, alias: str) -> ComputeConfig:
    """Look up an alias of azureml.yml.

    Raises:
        DiagnosticError: KAZ107 for an alias that azureml.yml does not have.
    """
    settings = config.azure.compute_settings(alias)
    if settings is None:
        raise DiagnosticError(
            Diagnostic(
                "KAZ107",
                f"azureml.yml has no compute alias '{alias}'.",
                nearest(alias, config.azure.compute) or "It names no compute at all.",
                where="ALIAS",
            )
        )
    return settings


def spec_of(config: AzureMLConfig, alias: str) -> ComputeSpec:
    """Look up what azureml.yml says of the compute of an alias.

    Raises:
        DiagnosticError: KAZ107 for an alias that is unknown or serverless.
    """
    settings = alias_settings(config, alias)
    if settings.target is None:
        raise DiagnosticError(
            Diagnostic(
                "KAZ107",
                f"The alias '{alias}' is serverless, and has no compute of its own.",
                "Name an alias with a cluster_name or instance_name.",
                where="ALIAS",
            )
        )
    return ComputeSpec(alias, settings.target, settings, config)


def is_owned(compute: Any) -> bool:
    """Tell whether a compute is Azure ML's own, and not one that was attached to the workspace."""
    return str(compute.type).lower() in (CLUSTER, INSTANCE)
