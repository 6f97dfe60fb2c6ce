"""``kedro new --starter=azureml-spaceflights``, as the installed plugin offers it."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.kit.compare import NEWEST, catalog_state
from tests.kit.projects import INIT_OPTIONS, STARTER, new_starter_project
from tests.kit.shell import environment, run_kedro
from tests.kit.waiting import PATIENCE

#: A network that answers nothing: whoever tries it fails at once instead of succeeding here.
NO_NETWORK = {
    "GIT_ALLOW_PROTOCOL": "none",
    **dict.fromkeys(
        ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9"
    ),
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new project; the tests below share it and what they do in it."""
    return new_starter_project(tmp_path_factory.mktemp("starter"), "Demo Flights")


def test_starter_is_listed(tmp_path: Path) -> None:
    done = run_kedro(tmp_path, "starter", "list", variables=NO_NETWORK)
    assert STARTER in done.stdout


@pytest.mark.parametrize(
    ("name", "folder", "package"),
    [("Demo", "demo", "demo"), ("My lunar_flights-2", "my-lunar-flights-2", "my_lunar_flights_2")],
)
def test_names_follow_the_projects_name(
    tmp_path: Path, name: str, folder: str, package: str
) -> None:
    run_kedro(
        tmp_path,
        "new",
        f"--starter={STARTER}",
        f"--name={name}",
        variables=NO_NETWORK,
    )
    assert (tmp_path / folder / "src" / package / "pipeline_registry.py").is_file()
    settings = (tmp_path / folder / "pyproject.toml").read_text(encoding="utf-8")
    assert f'project_name = "{name}"' in settings
    assert f'kedro_init_version = "{version("kedro")}"' in settings


def test_a_configuration_file_answers_too(tmp_path: Path) -> None:
    answers = tmp_path / "answers.yml"
    answers.write_text("project_name: From File\nrepo_name: repository\npython_package: flights\n")
    run_kedro(
        tmp_path,
        "new",
        f"--starter={STARTER}",
        f"--config={answers}",
        variables=NO_NETWORK,
    )
    assert (tmp_path / "repository" / "src" / "flights" / "settings.py").is_file()


def test_no_template_mark_and_no_cache_is_left(project: Path) -> None:
    for file in project.rglob("*"):
        assert "cookiecutter" not in file.name
        assert "cache" not in file.name, "a tool's cache lies in the starter's folder"
        if file.is_file() and file.suffix != ".xlsx":
            assert "{{" not in file.read_text(encoding="utf-8"), file


def test_raw_data_survives_the_projects_own_ignore_file(project: Path) -> None:
    subprocess.run(["git", "init", "--quiet"], cwd=project, check=True)
    listed = subprocess.run(
        ["git", "ls-files", "--others", "--exclude-standard"],
        cwd=project,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    for name in ("companies.csv", "reviews.csv", "shuttles.xlsx"):
        assert f"data/01_raw/{name}" in listed
    assert "conf/local/.gitkeep" in listed


def test_it_runs(project: Path) -> None:
    run_kedro(project, "run", variables=NO_NETWORK)
    state = catalog_state(project)
    for candidate in ("baseline", "challenger"):
        assert f"data/06_models/{candidate}.pkl/{NEWEST}" in state
        metrics = json.loads((project / f"data/08_reporting/{candidate}_metrics.json").read_text())
        assert 0.8 < metrics["r2"] < 1
    mode, size, _ = state["data/08_reporting/price_plot.png"]
    assert (mode, size) == ("RGBA", (900, 450))
    assert "data/03_primary/model_input.parquet" in state


def test_its_pipelines_run_alone(project: Path) -> None:
    run_kedro(project, "run", "--pipeline=data_processing")
    described = run_kedro(project, "registry", "describe", "data_science").stdout
    assert "challenger.train_model" in described
    listed = run_kedro(project, "registry", "list").stdout
    parts = ("data_processing", "data_science", "reporting", "distributed_training")
    for name in ("__default__", *parts):
        assert name in listed


def test_the_distributed_node_is_compiled_without_its_framework(project: Path) -> None:
    # PyTorch is not among the project's requirements.
    run_kedro(project, "azureml", "init", *INIT_OPTIONS)
    done = run_kedro(project, "azureml", "compile", "--pipeline=distributed_training")
    assert "2 nodes x 1 pytorch" in done.stdout
    run_kedro(project, "azureml", "compile")
    assert "pytorch" not in (project / "pipeline.yml").read_text()
    for name in ("pipeline.yml", "conf/base/azureml.yml", ".amlignore"):
        (project / name).unlink()


def test_its_own_tests_pass(project: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=project,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stdout
