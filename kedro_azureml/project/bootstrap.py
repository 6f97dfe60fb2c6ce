"""Kedro is configured for one project at a time: here, for the one that is asked for."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

from kedro.framework import project as kedro_project
from kedro.framework.startup import ProjectMetadata, _get_project_metadata, bootstrap_project

from kedro_azureml.diagnostics import Diagnostic, DiagnosticError

_INSTALLED = {"site-packages", "dist-packages"}


def enter(path: Path) -> str:
    """Configure Kedro for a project, unless it is already, and return the name of its package.

    A notebook or a comparison of two checkouts may work on several projects in one process. Each
    gets its own settings and pipelines. Python imports a package once, so two projects whose
    packages have one name cannot be told apart in one process.

    Args:
        path: The project's root, absolute.

    Raises:
        DiagnosticError: KAZ207 when another project's package of that name is imported.
    """
    # The reading that `bootstrap_project` begins with; there is no public way to it.
    metadata = _get_project_metadata(path)
    if metadata.package_name in sys.modules:
        _check_location(metadata)
    # A type checker takes PACKAGE_NAME to be None for ever.
    if metadata.package_name != vars(kedro_project)["PACKAGE_NAME"] or not _is_on_path(metadata):
        bootstrap_project(path)
    _check_location(metadata)
    return metadata.package_name


def _is_on_path(metadata: ProjectMetadata) -> bool:
    return any(entry and Path(entry).resolve() == metadata.source_dir for entry in sys.path)


def _check_location(metadata: ProjectMetadata) -> None:
    """Refuse a package of the project's name that belongs to another project."""
    package = metadata.package_name
    own = Path(metadata.source_dir, *package.split(".")).resolve()
    locations = _locations(package)
    if not own.is_dir() or own in locations:
        return
    for location in locations:
        if not _INSTALLED.isdisjoint(location.parts):
            # A copy of the project that is installed beside it, as Kedro takes it too.
            continue
        raise DiagnosticError(
            Diagnostic(
                "KAZ207",
                f"The project's package '{package}' is already imported from another place, "
                f"'{location}'.",
                "Work on this project in a Python process of its own.",
                where=str(own),
            )
        )


def _locations(package: str) -> list[Path]:
    """Return the folders that Python imports a package from; empty where it finds none."""
    module = sys.modules.get(package)
    if module is not None:
        paths = getattr(module, "__path__", ())
    else:
        spec = find_spec(package)
        paths = spec.submodule_search_locations or () if spec else ()
    return [Path(location).resolve() for location in paths]
