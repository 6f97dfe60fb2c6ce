"""Datasets that lie in Azure: `kedro run` and a rehearsal read their local copies, each alike."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kit.asset_project import CATALOG, EXPECTED, FILES, REGISTRY
from tests.kit.projects import make_project
from tests.kit.shell import run_kedro


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return make_project(tmp_path / "p", registry=REGISTRY, catalog=CATALOG, files=FILES)


def result(project: Path) -> str:
    file = project / "data/08/result.txt"
    text = file.read_text()
    file.unlink()
    return text


def test_kedro_run_a_rehearsal_and_a_rehearsed_document_read_the_copies(project: Path) -> None:
    run_kedro(project, "run")
    assert result(project) == EXPECTED
    assert (project / "data/02_middle/middle/local/m.txt").is_file()
    run_kedro(project, "azureml", "run", "--local", "--into-catalog")
    assert result(project) == EXPECTED
    run_kedro(project, "azureml", "compile", "-o", "job.yml")
    run_kedro(project, "azureml", "run", "--local", "-f", "job.yml", "--into-catalog")
    assert result(project) == EXPECTED


def test_a_version_is_chosen_by_one_rule(project: Path) -> None:
    run_kedro(project, "run", "--load-versions", "wrapped:9", "--runner=ParallelRunner")
    assert result(project) == EXPECTED.replace("w10", "w9")
    run_kedro(
        *(project, "azureml", "run", "--local", "--into-catalog", "--load-versions", "wrapped:9")
    )
    assert result(project) == EXPECTED.replace("w10", "w9")


def test_what_is_not_here_is_said_with_the_command_that_fetches_it(project: Path) -> None:
    run_kedro(project, "azureml", "compile", "-o", "job.yml")
    (project / "data/01_raw/text.txt").unlink()
    (project / "data/01_raw/whole/3/f.txt").unlink()
    said = run_kedro(project, "azureml", "run", "--local", check=False)
    assert said.returncode == 1
    assert "KAZ313" in said.stderr
    assert "kedro azureml data pull text" in said.stderr
    assert "kedro azureml data pull whole" in said.stderr
    said = run_kedro(project, "azureml", "run", "--local", "-f", "job.yml", check=False)
    assert "KAZ313" in said.stderr
    assert "kedro azureml data pull" in said.stderr
    said = run_kedro(project, "run", "--to-nodes", "gather", check=False)
    assert "kedro azureml data pull" in said.stdout + said.stderr
