"""Compile in this process: as fast as the compiler, with projects that follow one another."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from kedro.framework.startup import bootstrap_project

from kedro_azureml.compiler import Compilation, CompileRequest, Selection, compile_project
from tests.kit.projects import PACKAGE


def enter(project: Path) -> None:
    """Make it this process's project, whichever project of the same package was here before."""
    for module in [m for m in sys.modules if m == PACKAGE or m.startswith(f"{PACKAGE}.")]:
        del sys.modules[module]
    sys.path[:] = [p for p in sys.path if not p.endswith("/src") or "site-packages" in p]
    bootstrap_project(project)


def compile_here(project: Path, **request: Any) -> Compilation:
    """Compile a project; the slices' names go to the selection."""
    enter(project)
    selection = Selection(**request.pop("selection", {}))
    return compile_project(
        CompileRequest(
            project_path=project,
            base=request.pop("base", project),
            selection=selection,
            **request,
        )
    )
