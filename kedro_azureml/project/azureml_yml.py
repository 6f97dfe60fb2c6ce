"""azureml.yml of a project, read through the project's own kind of config loader."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedro.framework.project import settings

from kedro_azureml.diagnostics import Diagnostic

if TYPE_CHECKING:
    from kedro.config import AbstractConfigLoader


def new_loader(path: Path, env: str | None, params: Mapping[str, Any]) -> AbstractConfigLoader:
    """Make the config loader that the project's settings name, as Kedro's session makes it.

    Args:
        path: The project's root.
        env: The conf environment.
        params: Runtime parameters, which azureml.yml may refer to.
    """
    loader: AbstractConfigLoader = settings.CONFIG_LOADER_CLASS(
        conf_source=str(path / settings.CONF_SOURCE),
        env=env,
        runtime_params=dict(params),
        **(settings.CONFIG_LOADER_ARGS or {}),
    )
    return loader


def hooks_may_change() -> bool:
    """Tell whether a hook of the project's own sees the context, and so its config loader."""
    return any(hasattr(hook, "after_context_created") for hook in settings.HOOKS)


def missing() -> Diagnostic:
    """Report KAZ101: a project without azureml.yml."""
    where = f"{settings.CONF_SOURCE}/base/azureml.yml"
    return Diagnostic(
        "KAZ101",
        f"The project has no {where}, which says where jobs run.",
        "Make one with 'kedro azureml init'. 'kedro azureml run --local' needs none.",
        where=where,
    )
