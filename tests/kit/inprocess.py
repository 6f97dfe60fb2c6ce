"""Compile in this process: as fast as the compiler, with projects that follow one another."""

from __future__ import annotations

import sys
from pathlib import Path
from textwrap import dedent
from typing import Any

from kedro.framework.startup import bootstrap_project

from kedro_azureml.compiler import Compilation, CompileRequest, Selection, compile_project
from tests.kit.minimal import PACKAGE, make_minimal_project

AZUREML_YML = """\
azure:
  resource_group: rg
  workspace_name: ws
  experiment_name: exp
  environment_name: env@latest
  compute:
    __default__:
      cluster_name: cpu
    chunky:
      cluster_name: big
    gpu:
      cluster_name: v100
"""


def make_project(
    path: Path,
    nodes: str = "",
    *,
    catalog: str = "{}",
    parameters: str = "{}",
    files: dict[str, str] | None = None,
    registry: str | None = None,
    azureml: str | None = AZUREML_YML,
) -> Path:
    """A project whose default pipeline consists of the node expressions in `nodes`."""
    make_minimal_project(path)
    source = (
        registry
        or f"""\
        from kedro.pipeline import Pipeline, node, pipeline

        def one(*args): return 1
        def two(*args): return 1, 2
        def nothing(*args): return None

        def register_pipelines():
            return {{"__default__": Pipeline([{" ".join(nodes.split())}])}}
        """
    )
    written = {
        f"src/{PACKAGE}/pipeline_registry.py": source,
        "conf/base/catalog.yml": catalog,
        "conf/base/parameters.yml": parameters,
        **({"conf/base/azureml.yml": azureml} if azureml else {}),
        ".amlignore": ".git/\n__pycache__/\ndata/\n.kedro_azureml/\n**/credentials*\n",
        **(files or {}),
    }
    for relative, text in written.items():
        file = path / relative
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(dedent(text), encoding="utf-8")
    return path


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
