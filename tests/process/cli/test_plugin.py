"""What Kedro gets from the plugin: commands that cost nothing until used, and a starter."""

from __future__ import annotations

import importlib.metadata
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from kedro_azureml import plugin
from kedro_azureml.hooks.assets import AssetHooks
from tests.kit.projects import make_bare_project
from tests.kit.shell import environment, run_kedro

ROOT = Path(__file__).resolve().parents[3]
CONFIG = """\
azure:
  environment_name: my-env@latest
  compute:
    __default__: {cluster_name: %s}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return make_bare_project(tmp_path / "project")


RUN_AND_LIST_MODULES = """
import atexit, sys
atexit.register(lambda: print("MODULES", *sys.modules, file=sys.stderr))
from kedro.framework.cli import main
sys.argv[0] = "kedro"
main()
"""


def imported(project: Path, *arguments: str) -> set[str]:
    """The modules that a command imports."""
    result = subprocess.run(
        [sys.executable, "-c", RUN_AND_LIST_MODULES, *arguments],
        cwd=project,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    (line,) = (line for line in result.stderr.splitlines() if line.startswith("MODULES "))
    return set(line.split())


# Cost


@pytest.mark.parametrize("arguments", [("--version",), ("--help",), ("azureml", "--help")])
def test_a_command_that_is_not_ours_imports_one_small_module(
    project: Path, arguments: tuple[str, ...]
) -> None:
    modules = {m for m in imported(project, *arguments) if m.split(".")[0] == "kedro_azureml"}
    own = {"kedro_azureml.standard_output"} if "azureml" in arguments else set()
    assert modules == {"kedro_azureml", "kedro_azureml.plugin"} | own


def test_compiling_imports_no_data_library_and_no_sdk(project: Path) -> None:
    (project / "conf/base/azureml.yml").write_text(CONFIG % "cpu-cluster")
    modules = imported(project, "azureml", "compile", "-o", "pipeline.yml")
    assert "kedro_azureml.compiler.compile" in modules
    assert not modules & {"pandas", "numpy", "pyarrow", "azure", "mlflow", "kedro_datasets"}


def test_the_plugin_imports_click_and_nothing_else() -> None:
    code = (
        "import sys, click, pathlib, importlib; before = set(sys.modules); "
        "import kedro_azureml.plugin; print(*sorted(set(sys.modules) - before))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    modules = [m for m in result.stdout.split() if m.split(".")[0] not in sys.stdlib_module_names]
    assert modules == ["kedro_azureml", "kedro_azureml.plugin"]
    assert result.stderr == ""


def test_the_command_line_imports_nothing_heavy() -> None:
    """kedro-telemetry, on by default, walks the whole command tree at every ``kedro`` command."""
    modules = " ".join(lazy.module for lazy in plugin.SUBCOMMANDS.values())
    code = (
        "import sys, importlib; import kedro.framework.cli.cli; before = set(sys.modules)\n"
        f"for module in '{modules}'.split(): importlib.import_module(module)\n"
        "print('NEW', *sorted({m.split('.')[0] for m in set(sys.modules) - before}))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    new = result.stdout.split("NEW")[1].split()
    assert [name for name in new if name not in sys.stdlib_module_names] == ["kedro_azureml"]


def test_what_of_ours_is_hooked_into_other_commands() -> None:
    """In a run, two hooks that look at data assets alone; in any other command, nothing."""
    groups = {
        entry_point.group
        for entry_point in importlib.metadata.distribution("kedro-azureml").entry_points
    }
    # MLflow loads two functions; they open nothing but the store of a rehearsal.
    mlflow = {"mlflow.model_registry_store", "mlflow.tracking_store"}
    assert groups == {"kedro.hooks", "kedro.project_commands", "kedro.starters", *mlflow}
    hooks = {name for name in vars(AssetHooks) if not name.startswith("_")}
    assert hooks == {"before_pipeline_run", "on_pipeline_error"}


def test_a_catalog_that_our_hooks_cannot_read_is_left_alone() -> None:
    strange: Any = object()
    AssetHooks().before_pipeline_run(pipeline=strange, catalog=strange)
    AssetHooks().on_pipeline_error(pipeline=strange, catalog=strange)


@pytest.mark.parametrize("content", [None, "azure: [\n", "azure: {experiment: 1}\n"])
def test_azureml_yml_cannot_break_a_command_that_is_not_ours(
    project: Path, content: str | None
) -> None:
    if content is not None:
        (project / "conf/base/azureml.yml").write_text(content)
    result = run_kedro(project, "run", check=False)
    assert result.returncode == 0, result.stderr
    assert "azureml" not in result.stdout + result.stderr


def test_an_unused_dataset_with_a_missing_dependency_stops_nothing(project: Path) -> None:
    catalog = project / "conf/base/catalog.yml"
    catalog.write_text(catalog.read_text() + "\nunused:\n  type: no_such_package.Dataset\n")
    result = run_kedro(project, "run", check=False)
    assert result.returncode == 0, result.stderr


# Commands


def test_the_group_lists_its_commands(project: Path) -> None:
    result = run_kedro(project, "azureml", "-h", check=False)
    assert result.returncode == 0, result.stderr
    commands = re.findall(r"^  (\w+)  ", result.stdout.split("Commands:")[1], re.MULTILINE)
    assert commands == [n for n, lazy in plugin.SUBCOMMANDS.items() if not lazy.hidden]
    assert commands[:5] == ["init", "compile", "plan", "run", "job"]


@pytest.mark.parametrize("name", plugin.SUBCOMMANDS)
def test_the_table_of_commands_is_true(name: str) -> None:
    context = click.Context(plugin.azureml_group)
    assert isinstance(plugin.azureml_group, click.Group)
    command = plugin.azureml_group.get_command(context, name)
    assert command is not None
    assert command.name == name
    assert command.hidden == plugin.SUBCOMMANDS[name].hidden


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("complie", "No such command 'complie'. Did you mean 'compile'?"),
        ("zzz", "No such command 'zzz'. Known: init, compile, plan, run, job, "),
    ],
)
def test_an_unknown_command(project: Path, typed: str, expected: str) -> None:
    result = run_kedro(project, "azureml", typed, check=False)
    assert result.returncode == 2
    assert expected in result.stderr
    assert "Traceback" not in result.stderr


def test_outside_a_project_kedro_says_so(tmp_path: Path) -> None:
    result = run_kedro(tmp_path, "azureml", "compile", check=False)
    assert result.returncode == 2
    assert "No such command 'azureml'" in result.stderr


@pytest.mark.parametrize(
    ("words", "variables"),
    [
        (("-e", "prod", "compile"), {}),
        (("compile", "-e", "prod"), {}),
        (("--env", "prod", "compile", "--env=prod"), {}),
        (("compile",), {"KEDRO_ENV": "prod"}),
        (("compile", "-e", "prod"), {"KEDRO_ENV": "local"}),
    ],
)
def test_env_before_and_after_the_subcommand(
    project: Path, words: tuple[str, ...], variables: dict[str, str]
) -> None:
    (project / "conf/prod").mkdir()
    (project / "conf/base/azureml.yml").write_text(CONFIG % "small")
    (project / "conf/prod/azureml.yml").write_text(CONFIG % "large")
    result = run_kedro(
        project, "azureml", *words, "-o", "job.yml", check=False, variables=variables
    )
    assert result.returncode == 0, result.stderr
    text = (project / "job.yml").read_text()
    assert "azureml:large" in text
    assert "azureml:small" not in text


def test_two_different_environments(project: Path) -> None:
    result = run_kedro(project, "azureml", "-e", "prod", "compile", "-e", "local", check=False)
    assert result.returncode == 2
    said = " ".join(result.stderr.split())
    assert "given twice: '-e prod' before the subcommand and '-e local' after it" in said


def test_a_broken_azureml_yml_is_explained_without_a_traceback(project: Path) -> None:
    (project / "conf/base/azureml.yml").write_text("azure:\n  experimnt_name: e\n  cloud: x\n")
    result = run_kedro(project, "azureml", "compile", check=False)
    assert result.returncode == 1
    assert "Traceback" not in result.stdout + result.stderr
    lines = result.stderr.splitlines()
    first = lines.index("error KAZ103  conf/base/azureml.yml:2 azure.experimnt_name")
    assert lines[first + 1 : first + 3] == [
        "  'experimnt_name' is not a key of 'azure'.",
        "  Did you mean 'experiment_name'?",
    ]
    assert "error KAZ104  conf/base/azureml.yml:3 azure.cloud" in lines
    assert lines[-2:] == ["2 errors", "More: kedro azureml explain KAZ103 KAZ104"]


# The starter


def kedro_new(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run `kedro new` with no network, no git and no home of anybody's."""
    return run_kedro(
        folder,
        *("new", "--starter=azureml-spaceflights", "--name", "My Flights", "--telemetry", "no"),
        check=False,
        variables={
            "PATH": str(folder),
            "HOME": str(folder / "home"),
            "HTTPS_PROXY": "http://127.0.0.1:9",
            "HTTP_PROXY": "http://127.0.0.1:9",
            **variables,
        },
    )


def assert_is_a_project(project: Path) -> None:
    text = (project / "pyproject.toml").read_text()
    assert 'package_name = "my_flights"' in text
    assert (project / "src/my_flights/pipeline_registry.py").is_file()
    catalog = yaml.safe_load((project / "conf/base/catalog.yml").read_text())
    for name in ("companies", "reviews", "shuttles"):
        assert (project / catalog[name]["filepath"]).is_file()
    assert not any("cookiecutter" in path.name for path in project.rglob("*"))


def test_the_starter_is_listed(tmp_path: Path) -> None:
    result = run_kedro(tmp_path, "starter", "list", check=False)
    assert "azureml-spaceflights:" in result.stdout


def test_the_starter_makes_a_project_offline(tmp_path: Path) -> None:
    result = kedro_new(tmp_path)
    assert result.returncode == 0, result.stdout + result.stderr
    assert_is_a_project(tmp_path / "my-flights")


def test_the_starter_makes_a_project_from_an_installed_wheel(tmp_path: Path) -> None:
    pytest.importorskip("hatchling")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path / "dist"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    (wheel,) = (tmp_path / "dist").iterdir()
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site-packages")
    work = tmp_path / "work"
    work.mkdir()
    result = kedro_new(work, PYTHONPATH=str(tmp_path / "site-packages"))
    assert result.returncode == 0, result.stdout + result.stderr
    assert_is_a_project(work / "my-flights")
    listed = run_kedro(
        work,
        "starter",
        "list",
        check=False,
        variables={"PYTHONPATH": str(tmp_path / "site-packages")},
    )
    assert f"{tmp_path / 'site-packages' / 'kedro_azureml' / '_starters'}" in listed.stdout


def test_an_unknown_name_of_the_module_is_an_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = plugin.nothing
