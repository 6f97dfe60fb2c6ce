"""What the installed but unused plugin costs every `kedro` command.

Two environments with the same packages; one of them also has this plugin.
"""

import sys
from pathlib import Path

from common import ROOT, SCRATCH, Command, compare, kedro_version, uv

TARGET = 1.03
RUNS = 25


def main() -> None:
    without, with_plugin = SCRATCH / "without", SCRATCH / "with"
    for folder in (without, with_plugin):
        uv("venv", "--quiet", "--clear", "--python", sys.executable, folder)
        uv("pip", "install", "--quiet", "--compile-bytecode", "--python", python(folder), ROOT)
    uv("pip", "uninstall", "--quiet", "--python", python(without), "kedro-azureml")

    project = empty_project(SCRATCH / "empty-project")
    outside = SCRATCH / "outside"
    outside.mkdir(exist_ok=True)
    for title, cwd in (("in a project", project), ("outside any project", outside)):
        compare(
            f"kedro --version {title}: with the plugin",
            Command([with_plugin / "bin" / "kedro", "--version"], cwd),
            Command([without / "bin" / "kedro", "--version"], cwd),
            target=TARGET,
            runs=RUNS,
            warm_up=3,
        )


def python(folder: Path) -> Path:
    return folder / "bin" / "python"


def empty_project(folder: Path) -> Path:
    """Make the least that Kedro takes for a project, so that it loads plugins' commands."""
    package = folder / "src" / "empty_project"
    package.mkdir(parents=True, exist_ok=True)
    (folder / "pyproject.toml").write_text(
        "[tool.kedro]\n"
        'package_name = "empty_project"\n'
        'project_name = "Empty project"\n'
        f'kedro_init_version = "{kedro_version()}"\n'
    )
    for module in ("__init__", "settings"):
        (package / f"{module}.py").write_text("")
    (package / "pipeline_registry.py").write_text(
        "def register_pipelines():\n    return {'__default__': None}\n"
    )
    return folder


if __name__ == "__main__":
    main()
