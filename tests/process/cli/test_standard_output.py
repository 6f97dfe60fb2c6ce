"""What a script reads of a command: a document or JSON, and nothing that Kedro says."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from kedro_azureml.job.yaml import load_job
from tests.kit.projects import AZUREML_YML, make_project
from tests.kit.schemas import check_schema
from tests.kit.shell import environment, run_kedro

# kedro-telemetry says what it sends, and that it could not, unless it is told not to.
TELEMETRY = {"DO_NOT_TRACK": None, "KEDRO_DISABLE_TELEMETRY": None}
NODES = """
    node(one, "params:a", "first", name="first"),
    node(one, "first", "last", name="last"),
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project as `kedro new` makes it: without a logging.yml."""
    return make_project(
        tmp_path / "p", NODES, parameters="{a: 1}", azureml=AZUREML_YML + "  jobs: {x: {}, y: {}}\n"
    )


def printed(project: Path, *words: str, check: bool = True) -> str:
    return run_kedro(project, "azureml", *words, check=check, variables=TELEMETRY).stdout


def read(project: Path, *words: str, check: bool = True) -> Any:
    return json.loads(printed(project, *words, check=check))


def test_kedros_own_words_stand_on_the_standard_error(project: Path) -> None:
    done = run_kedro(project, "azureml", "plan")
    assert done.stdout.splitlines()[0] == "minimal"
    assert "rich_logging.yml" in "".join(done.stderr.split())


def test_help_stands_on_the_standard_output(project: Path) -> None:
    assert printed(project, "--help").startswith("Usage:")
    assert printed(project, "compile", "--help").startswith("Usage:")


def test_compile(project: Path) -> None:
    plan = read(project, "compile", "--json")
    check_schema("plan", plan)
    assert plan["file"] == str(project / "pipeline.yml")
    assert load_job(project / "pipeline.yml").jobs.keys() == {"first", "last"}
    assert [(step["name"], step["after"]) for step in plan["steps"]] == [
        ("first", []),
        ("last", ["first"]),
    ]
    both = read(project, "compile", "--json", "-j", "x", "-j", "y")
    assert [Path(plan["file"]).name for plan in both] == ["x.yml", "y.yml"]


def test_compile_prints_the_document(project: Path) -> None:
    text = printed(project, "compile", "-o", "-")
    assert yaml.safe_load(text)["type"] == "pipeline"
    assert not list(project.glob("*.yml"))
    run_kedro(project, "azureml", "compile")
    assert (project / "pipeline.yml").read_text() == text
    done = run_kedro(project, "azureml", "compile", "--output=-", "-j", "x", "-j", "y", check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert "one document only" in done.stderr


def test_plan(project: Path) -> None:
    plan = read(project, "plan", "--json")
    check_schema("plan", plan)
    assert (plan["file"], plan["longest_path"]) == (None, ["first", "last"])


def test_a_plan_with_errors(project: Path) -> None:
    (project / "conf/base/azureml.yml").write_text(
        AZUREML_YML.replace("  environment_name", "  # ")
    )
    done = run_kedro(project, "azureml", "plan", "--json", check=False, variables=TELEMETRY)
    assert done.returncode == 1
    plan = json.loads(done.stdout)
    assert "KAZ106" in {f["code"] for f in plan["findings"] if f["severity"] == "error"}


def test_a_rehearsal_and_the_runs_that_are_kept(project: Path) -> None:
    report = read(project, "run", "--local", "--json")
    check_schema("report", report)
    assert (report["status"], list(report["steps"])) == ("Completed", ["first", "last"])
    runs = read(project, "run", "--list-runs", "--json")
    check_schema("runs", runs)
    assert [(r["name"], r["status"], r["completed"]) for r in runs] == [
        (report["name"], "Completed", 2)
    ]
    both = read(project, "run", "--local", "--json", "-j", "x", "-j", "y")
    assert [report["status"] for report in both] == ["Completed", "Completed"]


def test_a_rehearsal_that_fails(tmp_path: Path) -> None:
    project = make_project(
        tmp_path / "p", 'node(len, "params:a", "b", name="b")', parameters="{a: 1}"
    )
    done = run_kedro(
        project, "azureml", "run", "--local", "--json", check=False, variables=TELEMETRY
    )
    assert done.returncode == 1
    assert json.loads(done.stdout)["steps"]["b"]["failure"]["type"] == "TypeError"


def test_a_command_that_cannot_be_understood_prints_nothing(project: Path) -> None:
    done = run_kedro(project, "azureml", "plan", "--json", "--nothing", check=False)
    assert (done.returncode, done.stdout) == (2, "")
    done = run_kedro(project, "azureml", "run", "--json", check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert "--json belongs to a rehearsal" in done.stderr


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize("words", ["run --local", "init g w e c --force"])
def test_streams_that_are_closed_lead_nowhere(project: Path, words: str, closed: str) -> None:
    """As a service manager, or ``nohup ... <&-``, may leave them."""
    command = f'exec "{sys.executable}" -m kedro azureml {words} {closed}'
    done = subprocess.run(
        ["sh", "-c", command], cwd=project, env=environment(), capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    assert not list(project.glob(".kedro_azureml/defect*"))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has it")
def test_a_full_disk_below_the_output_is_no_defect(project: Path) -> None:
    command = f'exec "{sys.executable}" -m kedro azureml run --local > /dev/full'
    done = subprocess.run(
        ["sh", "-c", command], cwd=project, env=environment(), capture_output=True, check=False
    )
    assert done.returncode == 1
    assert b"error KAZ604" in done.stderr
    assert b"KAZ901" not in done.stderr
