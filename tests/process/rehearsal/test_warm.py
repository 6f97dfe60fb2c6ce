"""``--warm``: forked steps behave as cold ones do; what cannot be forked is started cold."""

from __future__ import annotations

import json
import pickle
import re
import signal
import sys
import time
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from tests.kit.projects import PACKAGE, make_bare_project
from tests.kit.shell import run_kedro
from tests.kit.waiting import PATIENCE
from tests.process.rehearsal.test_interrupt import Running

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks on Linux only")

REGISTRY = """\
    import os, random, sys, time
    from pathlib import Path

    import numpy
    from kedro.pipeline import Pipeline, node

    {at_import}

    def draw(text):
        parent = Path(f"/proc/{{os.getppid()}}/cmdline").read_bytes().decode()
        return {{
            "forked": "kedro_azureml.step.process.warm" in parent or "warm.py" in parent,
            "random": random.random(),
            "numpy": float(numpy.random.rand()),
            "run": os.environ["AZUREML_RUN_ID"],
            "token": os.environ.get("TOKEN"),
            "cwd": os.getcwd(),
            "home": os.environ["AZUREML_CR_EXECUTION_WORKING_DIR_PATH"],
            "session": os.getsid(0) == os.getpid(),
            "argv": sys.argv[1:3],
        }}

    def fail(a, b):
        {fail}

    def register_pipelines():
        return {{
            "__default__": Pipeline([
                node(draw, "params:text", "a", name="draw_a"),
                node(draw, "params:text", "b", name="draw_b"),
                node(fail, ["a", "b"], "c", name="last"),
            ])
        }}
    """
CATALOG = "\n".join(
    f"{name}:\n  type: pickle.PickleDataset\n  filepath: data/{name}.pkl" for name in "abc"
)


def make(tmp_path: Path, fail: str = "return 1", at_import: str = "") -> Path:
    project = make_bare_project(tmp_path / "my project")
    text = dedent(REGISTRY.format(fail=fail, at_import=at_import))
    (project / f"src/{PACKAGE}/pipeline_registry.py").write_text(text)
    (project / "conf/base/catalog.yml").write_text(CATALOG)
    return project


def result(project: Path, name: str) -> Any:
    return pickle.loads((project / f"data/{name}.pkl").read_bytes())


def report(project: Path) -> dict[str, Any]:
    (folder,) = (project / ".kedro_azureml/runs").iterdir()
    data: dict[str, Any] = json.loads((folder / "report.json").read_text())
    return data


def test_forks_are_steps_of_their_own(tmp_path: Path) -> None:
    project = make(tmp_path)
    arguments = ("--local", "--warm", "--into-catalog", "--pass-env", "TOKEN")
    done = run_kedro(project, "azureml", "run", *arguments, check=False, variables={"TOKEN": "t"})
    assert done.returncode == 0, done.stdout + done.stderr
    a, b = result(project, "a"), result(project, "b")
    for step in (a, b):
        assert step["forked"]
        assert step["session"]
        assert step["cwd"] == step["home"]
        assert step["token"] == "t"
        assert step["argv"] == ["--pipeline", "__default__"]
    for key in ("random", "numpy", "run", "cwd"):
        assert a[key] != b[key]
    assert {step["exit_code"] for step in report(project)["steps"].values()} == {0}


def test_a_failure_has_its_log(tmp_path: Path) -> None:
    project = make(tmp_path, fail='raise ValueError("no \\N{SNOWMAN} good")')
    done = run_kedro(project, "azureml", "run", "--local", "--warm", check=False)
    assert done.returncode == 1
    assert "ValueError: no ☃ good" in done.stderr
    assert "The step 'last' exited with code 1." in done.stderr
    # The file in the project, though the process that was forked imported it from there.
    assert "error KAZ603  src/" in done.stderr
    assert "ValueError: no ☃ good, in node 'last'." in done.stderr


def test_a_killed_fork_is_told(tmp_path: Path) -> None:
    project = make(tmp_path, fail="os.kill(os.getpid(), 9)")
    done = run_kedro(project, "azureml", "run", "--local", "--warm", check=False)
    assert done.returncode == 1
    assert "killed by signal 9 (SIGKILL" in done.stdout


@pytest.mark.parametrize(
    "at_import",
    [
        'if "warm" in sys.argv[0]: os._exit(3)',
        'if "warm" in sys.argv[0]: raise ImportError("not here")',
    ],
)
def test_steps_are_cold_when_the_process_is_gone(at_import: str, tmp_path: Path) -> None:
    project = make(tmp_path, at_import=at_import)
    done = run_kedro(project, "azureml", "run", "--local", "--warm", "--into-catalog", check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert not result(project, "a")["forked"]


def test_steps_are_cold_when_the_document_sets_variables(tmp_path: Path) -> None:
    project = make(tmp_path)
    arguments = ("--local", "--warm", "--into-catalog", "--env-var", "X=1")
    done = run_kedro(project, "azureml", "run", *arguments, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "--warm has no effect: the document sets variables" in done.stdout
    assert not result(project, "a")["forked"]


def test_ctrl_c_ends_forks_and_the_process(tmp_path: Path) -> None:
    project = make(tmp_path, fail="time.sleep(3000)")
    running = Running.of_project(project, "--warm", "--pass-env", "MARKER")
    try:
        running.wait_for(lambda: running.status("last") == "Running")
        time.sleep(0.3)
        assert len(running.left()) >= 2
        running.process.send_signal(signal.SIGINT)
        output, _ = running.process.communicate(timeout=PATIENCE)
        assert running.process.returncode == 130
        assert running.left() == []
        assert running.status("last") == "Canceled"
        assert re.search(r"Canceled in", output)
    finally:
        running.end()


def test_ctrl_c_while_the_project_is_imported(tmp_path: Path) -> None:
    project = make(tmp_path, at_import='if "warm" in sys.argv[0]: time.sleep(3000)')
    running = Running.of_project(project, "--warm", "--pass-env", "MARKER")
    try:
        running.wait_for(lambda: running.status("draw_a") == "Running")
        running.process.send_signal(signal.SIGINT)
        running.process.communicate(timeout=PATIENCE)
        assert running.process.returncode == 130
        assert running.left() == []
    finally:
        running.end()
