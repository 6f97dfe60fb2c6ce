"""Run Kedro projects on Azure Machine Learning, and rehearse the same job locally.

The names of `__all__` are the public Python API; see docs/python-api.md. They are imported when
they are used, because Kedro imports this package for every ``kedro`` command.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kedro_azureml.api.azure import download, submit, watch
    from kedro_azureml.api.deployment import deploy
    from kedro_azureml.api.job import compile_project, dump_job, load_job
    from kedro_azureml.api.rehearsal import rehearse
    from kedro_azureml.diagnostics import Diagnostic, DiagnosticError

__version__ = "2.0.0.dev0"

__all__ = [
    "Diagnostic",
    "DiagnosticError",
    "compile_project",
    "deploy",
    "download",
    "dump_job",
    "load_job",
    "rehearse",
    "submit",
    "watch",
]

_MODULES = {
    "Diagnostic": "kedro_azureml.diagnostics",
    "DiagnosticError": "kedro_azureml.diagnostics",
    "compile_project": "kedro_azureml.api.job",
    "deploy": "kedro_azureml.api.deployment",
    "download": "kedro_azureml.api.azure",
    "dump_job": "kedro_azureml.api.job",
    "load_job": "kedro_azureml.api.job",
    "rehearse": "kedro_azureml.api.rehearsal",
    "submit": "kedro_azureml.api.azure",
    "watch": "kedro_azureml.api.azure",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_MODULES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
