"""A Kedro project that a command works on: each part is loaded when it is asked for, and once."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from kedro_azureml.config import AzureMLConfig
from kedro_azureml.config.load import Reading, read_config
from kedro_azureml.diagnostics import DiagnosticError
from kedro_azureml.project.azureml_yml import (
    hooks_may_change,
    missing,
    new_loader,
)
from kedro_azureml.project.bootstrap import enter
from kedro_azureml.secrets.resolver import stand_ins

if TYPE_CHECKING:
    from kedro_azureml.project.loaded import LoadedProject

NO_PARAMETERS: Mapping[str, Any] = MappingProxyType({})


class Project:
    """A Kedro project and one of its conf environments.

    Args:
        path: The project's root.
        env: The conf environment; None for KEDRO_ENV's, or the project's default.

    Attributes:
        path: The project's root, absolute.
        env: The conf environment that was asked for, if any.
    """

    def __init__(self, path: Path, env: str | None = None) -> None:
        self.path = path.resolve()
        self.env = env or os.environ.get("KEDRO_ENV") or None
        self._loaded: dict[str, LoadedProject] = {}
        self._readings: dict[str, Reading] = {}

    def load(
        self, params: Mapping[str, Any] = NO_PARAMETERS, *, secrets: bool = False
    ) -> LoadedProject:
        """Load the pipelines and the catalog.

        Args:
            params: Runtime parameters, which take precedence over the project's own.
            secrets: Whether values of secrets are needed, to open datasets: otherwise there are
                stand-ins, and nobody has to have them.

        Raises:
            DiagnosticError: KAZ207 with the place in the project, when it cannot be loaded;
                KAZ107 for a parameter; KAZ1xx for azureml.yml.
        """
        if secrets and self.load(params).catalog.uses_secrets:
            with self._entered(params) as package:
                from kedro_azureml.project.loaded import load

                return load(self.path, package, self.env, params)
        key = _key(params)
        if key not in self._loaded:
            with self._entered(params) as package, stand_ins():
                from kedro_azureml.project.loaded import load

                loaded = load(self.path, package, self.env, params)
                if hooks_may_change():
                    self._readings[key] = read_config(self.path, loaded.config_loader, self.env)
            self._loaded[key] = loaded
        return self._loaded[key]

    def config(self, params: Mapping[str, Any] = NO_PARAMETERS) -> AzureMLConfig | None:
        """Read azureml.yml, without loading pipelines; None when the project has none.

        Args:
            params: Runtime parameters, which azureml.yml may refer to.

        Raises:
            DiagnosticError: Everything that is wrong with it.
        """
        key = _key(params)
        readings = self._readings
        reading = readings.get(key) or next(
            (r for r in readings.values() if not r.uses_runtime_params), None
        )
        if reading is None:
            loaded = self._loaded.get(key)
            with self._entered(params):
                loader = loaded.config_loader if loaded else new_loader(self.path, self.env, params)
                reading = readings[key] = read_config(self.path, loader, self.env)
        return reading.config

    def required_config(self, params: Mapping[str, Any] = NO_PARAMETERS) -> AzureMLConfig:
        """Read azureml.yml, for a command that needs one.

        Args:
            params: Runtime parameters, which azureml.yml may refer to.

        Raises:
            DiagnosticError: KAZ101 when there is none, or everything that is wrong with it.
        """
        config = self.config(params)
        if config is None:
            raise DiagnosticError(missing())
        return config

    @contextmanager
    def _entered(self, params: Mapping[str, Any]) -> Iterator[str]:
        """Configure Kedro for this project; say in a user's words why it cannot be loaded."""
        try:
            with warnings.catch_warnings():
                # Kedro 1.7 with OmegaConf 2.4 warns of its own use of a deprecated name.
                warnings.filterwarnings("ignore", message="register_new_resolver")
                yield enter(self.path)
        except DiagnosticError:
            raise
        except Exception as error:
            from kedro_azureml.project.load_errors import load_failure

            raise DiagnosticError(load_failure(error, self.path, params)) from error


def _key(params: Mapping[str, Any]) -> str:
    return json.dumps(dict(params), default=repr)
