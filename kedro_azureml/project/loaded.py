"""What Kedro loads of a project: its pipelines and its catalog.

Everything comes through Kedro's own session, so that project hooks and custom loaders have their
say. No dataset is constructed.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kedro.config import AbstractConfigLoader
from kedro.framework.project import pipelines, settings
from kedro.pipeline import Pipeline

from kedro_azureml.diagnostics import Diagnostic
from kedro_azureml.project.catalog import CatalogView, make_catalog_view
from kedro_azureml.project.load_errors import import_failures
from kedro_azureml.step.session.project_session import ProjectSession


@dataclass(frozen=True)
class LoadedProject:
    """A project's pipelines and catalog, with runtime parameters laid over its own.

    Attributes:
        path: The project's root, absolute.
        package: Its Python package.
        conf_source: Its configuration folder, absolute.
        environments: The conf environments that are read: the base one and the run's.
        personal_environment: The conf environment that Kedro keeps for one person on one machine;
            None without one.
        env: What a step is told with ``--env``; None for the project's default.
        config_loader: The config loader of Kedro's context, after the project's hooks.
        pipelines: The registered pipelines.
        catalog: The datasets' configuration.
        warnings: What went wrong without stopping Kedro.
    """

    path: Path
    package: str
    conf_source: Path
    environments: tuple[str, ...]
    personal_environment: str | None
    env: str | None
    config_loader: AbstractConfigLoader
    pipelines: Mapping[str, Pipeline]
    catalog: CatalogView
    warnings: tuple[Diagnostic, ...]


def load(path: Path, package: str, env: str | None, params: Mapping[str, Any]) -> LoadedProject:
    """Load the project that Kedro is configured for; its own errors are raised as they are."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        # See Project: a warning of Kedro's about itself.
        warnings.filterwarnings("ignore", message="register_new_resolver")
        context = ProjectSession(path, env, params).load_context()
        # After the context, as a run does it: a hook may register pipelines.
        registered = dict(pipelines)
    catalog = make_catalog_view(context, registered)
    loader_args = settings.CONFIG_LOADER_ARGS or {}
    base = loader_args.get("base_env", "base")
    personal = loader_args.get("default_run_env", "local") or None
    return LoadedProject(
        path=path,
        package=package,
        conf_source=path / settings.CONF_SOURCE,
        environments=tuple(dict.fromkeys(str(e) for e in (base, env or personal) if e)),
        # Some projects read their base environment alone.
        personal_environment=personal if personal != base else None,
        env=env,
        config_loader=context.config_loader,
        pipelines=registered,
        catalog=catalog,
        warnings=tuple(import_failures(caught)),
    )
