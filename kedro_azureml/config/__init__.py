"""azureml.yml: its typed model, how it is read, and what ``kedro azureml init`` writes.

The names are loaded when they are used: commands that only write the file do without pydantic.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kedro_azureml.config.load import load_config
    from kedro_azureml.config.models.azureml import (
        AzureConfig,
        AzureMLConfig,
    )
    from kedro_azureml.config.models.compute import ComputeConfig
    from kedro_azureml.config.models.environments import EnvironmentConfig
    from kedro_azureml.config.models.export import ExportConfig
    from kedro_azureml.config.models.grouping import GroupingConfig
    from kedro_azureml.config.models.jobs import JobConfig
    from kedro_azureml.config.models.values import DEFAULT_ALIAS

__all__ = [
    "DEFAULT_ALIAS",
    "AzureConfig",
    "AzureMLConfig",
    "ComputeConfig",
    "EnvironmentConfig",
    "ExportConfig",
    "GroupingConfig",
    "JobConfig",
    "load_config",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    homes = {
        "DEFAULT_ALIAS": "models.values",
        "load_config": "load",
        "ComputeConfig": "models.compute",
        "EnvironmentConfig": "models.environments",
        "ExportConfig": "models.export",
        "GroupingConfig": "models.grouping",
        "JobConfig": "models.jobs",
    }
    home = homes.get(name, "models.azureml")
    return getattr(import_module(f"{__name__}.{home}"), name)
