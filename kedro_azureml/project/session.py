"""Kedro is configured for one project at a time; here it is for the project that is asked for."""

from __future__ import annotations

from pathlib import Path

from kedro.framework import project as kedro_project
from kedro.framework.startup import bootstrap_project


def enter(path: Path) -> str:
    """Configure Kedro for a project, and return the name of its package."""
    if kedro_project.PACKAGE_NAME is None:
        bootstrap_project(path)
    return str(kedro_project.PACKAGE_NAME)
