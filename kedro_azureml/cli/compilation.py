"""The compilation of a project, with what a terminal shows of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kedro_azureml.console.activity import activity
from kedro_azureml.garbage import collection_paused

if TYPE_CHECKING:
    from kedro_azureml.compiler import Compilation, CompileRequest
    from kedro_azureml.project import Project


@collection_paused()
def compile_shown(
    request: CompileRequest, project: Project, *, with_errors: bool = False
) -> Compilation:
    """Compile a project, and say how far it is; see `kedro_azureml.compiler.compile_project`."""
    with activity("Loading the project"):
        from kedro_azureml.compiler import compile_project

        project.load(request.params)
    with activity("Compiling"):
        return compile_project(request, project, with_errors=with_errors)
