"""The Kedro project as the compiler sees it: its pipelines, catalog and parameters.

Everything comes through Kedro's own session, so that project hooks and custom loaders have their
say. No dataset is constructed.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kedro.framework import project as kedro_project
from kedro.framework.project import pipelines, settings
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project
from kedro.pipeline import Pipeline

from kedro_azureml.config import AzureMLConfig, load_config
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError
from kedro_azureml.project.catalog import CatalogView, make_catalog_view
from kedro_azureml.project.load_errors import import_failures, load_failure


@dataclass(frozen=True)
class Project:
    """A loaded project.

    Attributes:
        path: Its root, absolute.
        package: Its Python package.
        conf_source: Its configuration folder, absolute.
        environments: The conf environments that are read: the base one and the run's.
        env: What the step is told with ``--env``; None for the project's default.
        pipelines: The registered pipelines.
        catalog: The datasets' configuration.
        config: azureml.yml; None when there is none.
        warnings: What went wrong without stopping Kedro.
    """

    path: Path
    package: str
    conf_source: Path
    environments: tuple[str, ...]
    env: str | None
    pipelines: Mapping[str, Pipeline]
    catalog: CatalogView
    config: AzureMLConfig | None
    warnings: tuple[Diagnostic, ...]


def load_project(path: Path, env: str | None, params: Mapping[str, Any]) -> Project:
    """Load the project and its azureml.yml.

    Args:
        path: The project's root, absolute.
        env: The conf environment; None for KEDRO_ENV's, or the project's default.
        params: Runtime parameters.

    Raises:
        DiagnosticError: KAZ207 with the place in the project, when it cannot be loaded; KAZ1xx
            for azureml.yml.
    """
    if kedro_project.PACKAGE_NAME is None:
        bootstrap_project(path)
    env = env or os.environ.get("KEDRO_ENV")
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            # Kedro 1.7 with OmegaConf 2.4 warns of its own use of a deprecated name.
            warnings.filterwarnings("ignore", message="register_new_resolver")
            session = KedroSession.create(
                project_path=path,
                env=env,
                runtime_params=dict(params) or None,
            )
            context = session.load_context()
            # After the context, as a run does it: a hook may register pipelines.
            registered = dict(pipelines)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="register_new_resolver")
            config = load_config(path, context.config_loader, env)
            catalog = make_catalog_view(context, registered)
    except DiagnosticError:
        raise
    except Exception as error:
        raise DiagnosticError(load_failure(error, path, params)) from error
    loader_args = settings.CONFIG_LOADER_ARGS or {}
    run_env = env or loader_args.get("default_run_env", "local")
    return Project(
        path=path,
        package=str(kedro_project.PACKAGE_NAME),
        conf_source=path / settings.CONF_SOURCE,
        environments=tuple(
            dict.fromkeys(str(e) for e in (loader_args.get("base_env", "base"), run_env) if e)
        ),
        env=env,
        pipelines=registered,
        catalog=catalog,
        config=config,
        warnings=tuple(import_failures(caught)),
    )
