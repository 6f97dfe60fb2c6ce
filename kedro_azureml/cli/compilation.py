"""The compilation of a project, with what a terminal shows of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from kedro_azureml.console.activity import activity

if TYPE_CHECKING:
    from kedro_azureml.compiler import Compilation, CompileRequest
    from kedro_azureml.project import Project
    from kedro_azureml.project.loaded import LoadedProject


def compile_shown(
    request: CompileRequest,
    project: Project,
    *,
    with_errors: bool = False,
    on_load: Callable[[LoadedProject], None] | None = None,
) -> Compilation:
    """Compile a project, and say how far it is; see `kedro_azureml.compiler.compile_project`."""
    with activity("Loading the project"):
        from kedro_azureml.compiler import compile_project

        loaded = project.load(request.params)
    if on_load is not None:
        on_load(loaded)
    with activity("Compiling"):
        return compile_project(request, project, with_errors=with_errors)
