"""Diagnostics of a project, or of a pipeline of it, that cannot be loaded."""

from __future__ import annotations

import traceback
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from kedro_azureml.diagnostics import Diagnostic
from kedro_azureml.secrets.masking import masked
from kedro_azureml.step.failure import import_failure


def import_failures(caught: list[warnings.WarningMessage]) -> Iterator[Diagnostic]:
    """Report pipelines that Kedro left out because they do not import; pass other warnings on."""
    for warning in caught:
        failure = import_failure(str(warning.message))
        if failure is None:
            warnings.warn_explicit(
                warning.message, warning.category, warning.filename, warning.lineno
            )
            continue
        yield Diagnostic(
            "KAZ207",
            failure,
            "Kedro leaves that pipeline out of every run: fix the import.",
            severity="warning",
        )


def _interpolation(error: Exception, params: Mapping[str, Any]) -> Diagnostic | None:
    """Make KAZ107, when OmegaConf failed over a runtime parameter that holds ``${``."""
    if not type(error).__module__.startswith("omegaconf"):
        return None
    guilty = [key for key, value in params.items() if "${" in str(value)]
    if not guilty:
        return None
    return Diagnostic(
        "KAZ107",
        f"The parameter '{guilty[0]}' holds '${{', where Kedro expects the name of another value: "
        f"{' '.join(str(error).split())}.",
        "Write '\\${' where '${' is meant as it stands.",
        where="--params",
    )


def _another_shape(error: Exception, params: Mapping[str, Any]) -> Diagnostic | None:
    """Make KAZ107, when a runtime parameter is, say, a section where the project has a list."""
    if not isinstance(error, TypeError) or "Cannot merge" not in str(error):
        return None
    keys = ", ".join(f"'{key}'" for key in params)
    if not keys:
        return None
    return Diagnostic(
        "KAZ107",
        f"The value of {keys} has another shape than the project's parameters: "
        f"{' '.join(str(error).split())}.",
        "Give a whole list where the project has a list, and keys where it has keys.",
        where="--params",
    )


def load_failure(error: Exception, project_path: Path, params: Mapping[str, Any]) -> Diagnostic:
    """Say why Kedro cannot load a project: KAZ107 for a runtime parameter, else KAZ207."""
    return (
        _interpolation(error, params)
        or _another_shape(error, params)
        or _broken_project(error, project_path, has_params=bool(params))
    )


def _broken_project(error: Exception, project_path: Path, *, has_params: bool) -> Diagnostic:
    """Name the last line of the project's own code that took part."""
    # find_pipelines(raise_errors=True) says which module, and keeps why to its cause.
    while isinstance(error, ImportError) and isinstance(error.__cause__, Exception):
        error = error.__cause__
    position = None
    for frame in traceback.extract_tb(error.__traceback__):
        path = Path(frame.filename)
        if path.is_relative_to(project_path) and "site-packages" not in path.parts:
            position = f"{path.relative_to(project_path).as_posix()}:{frame.lineno}"
    if isinstance(error, SyntaxError) and error.filename:
        path = Path(error.filename)
        inside = path.is_relative_to(project_path)
        position = f"{path.relative_to(project_path) if inside else path}:{error.lineno}"
    message = " ".join(masked(str(error)).split()) or "no message"
    return Diagnostic(
        "KAZ207",
        f"The project cannot be loaded: {type(error).__name__}: {message}",
        "Fix the project until 'kedro registry list' and 'kedro run' start"
        + (", or give other values with --params." if has_params else "."),
        where=position,
    )
