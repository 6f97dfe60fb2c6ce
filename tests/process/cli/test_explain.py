"""`kedro azureml explain`: what a person reads about a code, with no network and no browser."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from kedro_azureml.diagnostics import CODES
from tests.kit.projects import make_bare_project
from tests.kit.shell import run_kedro
from tests.kit.terminal import run_kedro_on_terminal


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_bare_project(tmp_path_factory.mktemp("explain"))


def test_a_code_in_any_case(project: Path) -> None:
    done = run_kedro(project, "azureml", "explain", "kaz508", check=False)
    assert done.returncode == 0, done.stderr
    assert f"# KAZ508: {CODES['KAZ508']}\n" in done.stdout
    assert "local_inputs: code" in done.stdout


def test_a_page_whose_links_lead_nowhere_on_a_screen_keeps_their_text(project: Path) -> None:
    done = run_kedro(project, "azureml", "explain", "compute", "azureml.yml", check=False)
    assert done.returncode == 0, done.stderr
    assert "(KAZ105)" in done.stdout
    assert ".md" not in done.stdout.replace("docs/azureml-yml.md", "")
    assert "| `azure.compute.<alias>.cluster_name` |" in done.stdout


def test_a_terminal_gets_formatted_text(project: Path) -> None:
    code, screen = run_kedro_on_terminal(project, "azureml", "explain", "KAZ508")
    assert code == 0
    assert "KAZ508: data in the snapshot" in screen
    assert "## What it means" not in screen


def test_without_an_argument_all_codes_and_pages(project: Path) -> None:
    done = run_kedro(project, "azureml", "explain", check=False)
    assert done.returncode == 0, done.stderr
    for code, title in CODES.items():
        assert f"{code}  {title}\n" in done.stdout
    assert "compute" in done.stdout.splitlines()[-1]


@pytest.mark.parametrize(("typed", "meant"), [("KAZ5O8", "KAZ508"), ("comput", "compute")])
def test_an_unknown_one_suggests_another(project: Path, typed: str, meant: str) -> None:
    done = run_kedro(project, "azureml", "explain", typed, check=False)
    assert done.returncode == 2
    assert f"no page '{typed}'. Did you mean '{meant}'?" in done.stderr


def test_a_command_names_its_codes_pages_once_and_last(project: Path) -> None:
    done = run_kedro(project, "azureml", "compile", check=False)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "More: kedro azureml explain KAZ101"
    assert done.stderr.count("More:") == 1
    quiet = run_kedro(project, "azureml", "explain", "KAZ101", check=False)
    assert "More:" not in quiet.stderr


def test_what_init_writes_names_pages_that_the_user_has(project: Path) -> None:
    options = ("rg", "ws", "exp", "cpu", "--environment-name=env", "--use-pipeline-data-passing")
    done = run_kedro(project, "azureml", "init", *options, check=False)
    assert done.returncode == 0, done.stderr
    written = (project / "conf/base/azureml.yml").read_text()
    commands = re.findall(r"`kedro (azureml explain [^`]+)`", written)
    assert commands
    assert ".md" not in written
    for command in commands:
        run_kedro(project, *shlex.split(command))
