"""What nodes print in a rehearsal: seen while they run, and afterwards."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.kit.projects import make_project
from tests.kit.shell import environment, run_kedro
from tests.kit.terminal import run_kedro_on_terminal

REGISTRY = """\
import sys, time
from pathlib import Path
from kedro.pipeline import Pipeline, node

def train(rate):
    print("epoch 1")
    deadline = time.monotonic() + 60
    # Goes on when the test has seen the line.
    while not Path(rate).exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    print("epoch 2", end="")
    sys.stderr.write("\\x1b[31mred\\x1b[0m\\n")
    return 1

def register_pipelines():
    return {"__default__": Pipeline([
        node(train, "params:go", "model", name="train"),
        node(lambda model: print("scored"), "model", None, name="score"),
    ])}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    go = tmp_path / "go"
    return make_project(tmp_path / "p", registry=REGISTRY, parameters=f"go: {go}", azureml=None)


def test_lines_are_seen_while_the_step_runs(project: Path, tmp_path: Path) -> None:
    lines = []
    with subprocess.Popen(
        [sys.executable, "-m", "kedro", "azureml", "run", "--local", "--follow-logs"],
        cwd=project,
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line.rstrip("\n"))
            if lines[-1] == "train | epoch 1":
                assert not any("[1/2 ended]" in line for line in lines)
                (tmp_path / "go").touch()
    assert process.returncode == 0
    assert "train | epoch 1" in lines
    of_train = [line for line in lines if line.startswith("train | ")]
    assert any("epoch 2" in line for line in of_train)
    assert any(line.endswith("red") for line in of_train)
    ended = next(line for line in lines if "[1/2 ended] train" in line)
    assert lines.index(of_train[-1]) < lines.index(ended)
    assert "score | scored" in lines


def test_lines_stand_above_the_table_on_a_terminal(project: Path, tmp_path: Path) -> None:
    (tmp_path / "go").touch()
    code, screen = run_kedro_on_terminal(
        project, "azureml", "run", "--local", "--follow-logs", conversation=()
    )
    assert code == 0, screen
    assert "train | epoch 1" in screen


def test_the_log_of_a_step_of_the_newest_run(project: Path, tmp_path: Path) -> None:
    done = run_kedro(project, "azureml", "run", "--local", "--logs", "train", check=False)
    assert done.returncode == 1
    assert "There is no run yet." in done.stderr
    (tmp_path / "go").touch()
    done = run_kedro(project, "azureml", "run", "--local")
    assert "epoch 1" not in done.stdout
    before = sorted((project / ".kedro_azureml/runs").iterdir())
    printed = run_kedro(project, "azureml", "run", "--local", "--logs", "train").stdout
    assert printed.startswith("epoch 1\n") or "\nepoch 1\n" in printed
    assert "scored" not in printed
    assert sorted((project / ".kedro_azureml/runs").iterdir()) == before
    done = run_kedro(project, "azureml", "run", "--logs", "trian", check=False)
    assert done.returncode == 1
    assert "Did you mean 'train'?" in done.stderr
