"""A Kedro session of the project's own SESSION_CLASS, in the forms that Kedro's versions have."""

from __future__ import annotations

import inspect
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kedro.framework.context import KedroContext
from kedro.framework.project import settings
from kedro.framework.session import KedroSession

# The plugin in Kedro's settings: by the name of its distribution, whichever spelling that has.
KEDRO_MLFLOW = ("kedro_mlflow", "kedro-mlflow")


class ProjectSession:
    """A session for one context or one run.

    A ``KedroSession`` takes runtime parameters when it is created; the ``KedroServiceSession`` of
    later Kedro versions takes them with each context and each run.

    Args:
        project_path: The project's root; Kedro is configured for it.
        env: The conf environment.
        params: Runtime parameters.
    """

    def __init__(self, project_path: Path, env: str | None, params: Mapping[str, Any]) -> None:
        # Kedro 1.0 has no such setting.
        self._class: Any = getattr(settings, "SESSION_CLASS", KedroSession)
        self._created: dict[str, Any] = {"project_path": project_path, "env": env}
        self._params: dict[str, Any] = {"runtime_params": dict(params) or None}

    def load_context(self) -> KedroContext:
        """Make a context as a run makes it, with the project's hooks.

        Not with that of kedro-mlflow: it asks a tracking server for an experiment, or makes it, and
        only a run has any use of that.
        """
        disabled = settings.DISABLE_HOOKS_FOR_PLUGINS
        settings.set("DISABLE_HOOKS_FOR_PLUGINS", (*disabled, *KEDRO_MLFLOW))
        try:
            return self._load_context()
        finally:
            settings.set("DISABLE_HOOKS_FOR_PLUGINS", disabled)

    def _load_context(self) -> KedroContext:
        if issubclass(self._class, KedroSession):
            context = self._class.create(**self._created, **self._params).load_context()
        elif hasattr(self._class, "load_context"):
            context = self._class.create(**self._created).load_context(**self._params)
        else:
            # Kedro asks a session class for no more than `run`.
            context = KedroSession.create(**self._created, **self._params).load_context()
        assert isinstance(context, KedroContext)  # noqa: S101 - what Kedro's settings check
        return context

    def run(self, pipeline: str, **selection: Any) -> None:
        """Run nodes of a pipeline.

        Args:
            pipeline: The name of a registered pipeline.
            selection: What else ``session.run`` takes.
        """
        is_plain = issubclass(self._class, KedroSession)
        # Kedro up to 1.1 takes one name; later versions deprecate that spelling.
        takes_several = "pipeline_names" in inspect.signature(KedroSession.run).parameters
        name: dict[str, Any] = (
            {"pipeline_names": [pipeline]}
            if takes_several or not is_plain
            else {"pipeline_name": pipeline}
        )
        with self._class.create(**self._created, **(self._params if is_plain else {})) as session:
            session.run(**name, **selection, **({} if is_plain else self._params))


def restore_conf_folders(project_path: Path, env: str | None) -> None:
    """Make conf environments again whose folders vanished from the snapshot.

    A snapshot holds files only, so a folder with nothing but ignored or empty entries is gone, and
    Kedro's loader refuses to start without it.
    """
    conf_source = project_path / settings.CONF_SOURCE
    loader_args = settings.CONFIG_LOADER_ARGS or {}
    environments = (
        loader_args.get("base_env", "base"),
        env or os.environ.get("KEDRO_ENV") or loader_args.get("default_run_env", "local"),
    )
    for environment in environments:
        folder = conf_source / str(environment)
        if conf_source.is_dir() and environment and not folder.exists():
            # Several processes of a distributed step share the working directory.
            folder.mkdir(parents=True, exist_ok=True)
