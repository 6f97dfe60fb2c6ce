"""Kedro projects: written by a test, copied from tests/projects, or made by ``kedro new``."""

from __future__ import annotations

import re
import shutil
from importlib.metadata import version
from pathlib import Path
from textwrap import dedent

from tests.kit.shell import run_kedro

REPOSITORY = Path(__file__).resolve().parents[2]
PROJECTS = REPOSITORY / "tests" / "projects"
STARTER = "azureml-spaceflights"

#: What `kedro azureml init` of the older quickstart was given; data passing through the pipeline
#: needs no storage account.
INIT_OPTIONS = (
    *("--subscription-id", "00000000-0000-0000-0000-000000000000"),
    *("--resource-group", "a-group"),
    *("--workspace-name", "a-workspace"),
    *("--experiment-name", "an-experiment"),
    *("--cluster-name", "a-cluster"),
    *("--environment-name", "an-environment@latest"),
    "--use-pipeline-data-passing",
)


#: The package of the projects that `make_project` writes.
PACKAGE = "minimal"
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
_AMLIGNORE = ".git/\n__pycache__/\ndata/\n.kedro_azureml/\n**/credentials*\n"
# One node, for tests that do not care.
_UPPER = """\
    from kedro.pipeline import Pipeline, node


    def _upper(text: str) -> str:
        return text.upper()


    def register_pipelines() -> dict[str, Pipeline]:
        upper = node(_upper, "params:text", "upper", name="upper")
        return {"__default__": Pipeline([upper])}
    """


def make_project(
    path: Path,
    nodes: str | None = None,
    *,
    catalog: str = "{}",
    parameters: str = "{}",
    files: dict[str, str] | None = None,
    registry: str | None = None,
    azureml: str | None = AZUREML_YML,
    amlignore: str | None = _AMLIGNORE,
    name: str = "Minimal Project",
) -> Path:
    """Write a project, the smallest that Kedro takes: no cookiecutter, no network.

    Args:
        path: Its folder.
        nodes: The node expressions of the default pipeline.
        catalog: catalog.yml.
        parameters: parameters.yml.
        files: More files, or other texts for these, by path.
        registry: pipeline_registry.py, in the place of `nodes`.
        azureml: azureml.yml, if there is to be one.
        amlignore: .amlignore, if there is to be one.
        name: The project's name.

    Returns:
        The folder.
    """
    if nodes is None and registry is None:
        registry, parameters = _UPPER, "text: hello\n"
        catalog = "upper: {type: kedro.io.MemoryDataset}\n"
    # Kedro 1.0 compares major and minor, later versions the major one: this satisfies both.
    init_version = ".".join(version("kedro").split(".")[:2])
    written = {
        "pyproject.toml": f"""\
            [project]
            name = "{PACKAGE}"
            version = "0.1"

            [tool.kedro]
            package_name = "{PACKAGE}"
            project_name = "{name}"
            kedro_init_version = "{init_version}.0"
            source_dir = "src"
            """,
        f"src/{PACKAGE}/__init__.py": "",
        f"src/{PACKAGE}/settings.py": "",
        f"src/{PACKAGE}/pipeline_registry.py": registry or _registry(nodes or ""),
        "conf/base/catalog.yml": catalog,
        "conf/base/parameters.yml": parameters,
        "conf/local/.gitkeep": "",
        **({"conf/base/azureml.yml": azureml} if azureml else {}),
        **({".amlignore": amlignore} if amlignore else {}),
        **(files or {}),
    }
    for relative, text in written.items():
        file = path / relative
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(dedent(text), encoding="utf-8")
    return path


def make_bare_project(path: Path, name: str = "Minimal Project") -> Path:
    """Write a project of one node that has not met this plugin."""
    return make_project(path, azureml=None, amlignore=None, name=name)


def _registry(nodes: str) -> str:
    return f"""\
        from kedro.pipeline import Pipeline, node, pipeline

        def one(*args): return 1
        def two(*args): return 1, 2
        def nothing(*args): return None

        def register_pipelines():
            return {{"__default__": Pipeline([{" ".join(nodes.split())}])}}
        """


def copy_project(name: str, destination: Path) -> Path:
    """Copy ``tests/projects/<name>`` to the new folder `destination`, and return that.

    ``dot-gitignore`` becomes ``.gitignore`` (in the repository it would hide the project's own
    data), and the project claims to be made with the installed Kedro, which Kedro checks.
    """
    shutil.copytree(
        PROJECTS / name,
        destination,
        ignore=shutil.ignore_patterns("__pycache__", ".kedro_azureml", "*.pyc"),
    )
    ignore_file = destination / "dot-gitignore"
    if ignore_file.is_file():
        ignore_file.rename(destination / ".gitignore")
    settings = destination / "pyproject.toml"
    claim = f'kedro_init_version = "{version("kedro")}"'
    text, count = re.subn(
        r'^kedro_init_version = ".*"$', claim, settings.read_text(encoding="utf-8"), flags=re.M
    )
    assert count == 1, f"{settings} does not say kedro_init_version once"
    settings.write_text(text, encoding="utf-8")
    return destination


def new_starter_project(folder: Path, name: str = "Demo Flights") -> Path:
    """``kedro new --starter=azureml-spaceflights`` in `folder`; the path of the new project."""
    run_kedro(folder, "new", f"--starter={STARTER}", f"--name={name}")
    return folder / name.lower().replace(" ", "-")
