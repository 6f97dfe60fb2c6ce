"""azureml.yml of the project in hand, without loading its pipelines and catalog."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kedro.framework.project import settings

from kedro_azureml.config import AzureMLConfig, load_config
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError


def read_config(
    project_path: Path, env: str | None, params: Mapping[str, Any] | None = None
) -> AzureMLConfig:
    """Read azureml.yml through the project's own kind of config loader.

    Args:
        project_path: The project's root; Kedro has it bootstrapped.
        env: The conf environment.
        params: Runtime parameters, which azureml.yml may refer to.

    Raises:
        DiagnosticError: KAZ101 when there is none, or everything that is wrong with it.
    """
    arguments = dict(settings.CONFIG_LOADER_ARGS or {})
    source = project_path / settings.CONF_SOURCE
    with warnings.catch_warnings():
        # Kedro 1.7 with OmegaConf 2.4 warns of its own use of a deprecated name.
        warnings.filterwarnings("ignore", message="register_new_resolver")
        loader = settings.CONFIG_LOADER_CLASS(
            conf_source=str(source), env=env, runtime_params=dict(params or {}), **arguments
        )
        config = load_config(project_path, loader, env)
    if config is None:
        where = f"{settings.CONF_SOURCE}/base/azureml.yml"
        raise DiagnosticError(
            Diagnostic(
                "KAZ101",
                f"The project has no {where}, which says where the workspace is.",
                "Make one with 'kedro azureml init'.",
                where=where,
            )
        )
    return config
