"""Forked steps behave as cold ones do; what cannot be forked is started cold."""

from __future__ import annotations

import json
import pickle
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from tests.kit.projects import PACKAGE, make_bare_project
from tests.kit.shell import environment, run_kedro
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
        {in_draw}
        return {{
            "forked": "--fork-server" in parent,
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


HOW = pytest.mark.parametrize("how", [(), ("--warm",)], ids=["forked", "warm"])
IN_SERVER = 'if "--fork-server" in sys.argv: '


def make(
    tmp_path: Path, fail: str = "return 1", at_import: str = "", in_draw: str = "pass"
) -> Path:
    project = make_bare_project(tmp_path / "my project")
    text = dedent(REGISTRY.format(fail=fail, at_import=at_import, in_draw=in_draw))
    (project / f"src/{PACKAGE}/pipeline_registry.py").write_text(text)
    (project / "conf/base/catalog.yml").write_text(CATALOG)
    return project


def result(project: Path, name: str) -> Any:
    return pickle.loads((project / f"data/{name}.pkl").read_bytes())


def report(project: Path) -> dict[str, Any]:
    (folder,) = (project / ".kedro_azureml/runs").iterdir()
    data: dict[str, Any] = json.loads((folder / "report.json").read_text())
    return data


def is_gone(file: Path) -> bool:
    """Tell whether a process has ended whose number is in a file."""
    state = Path("/proc", file.read_text(), "stat")
    return not state.exists() or state.read_text().rpartition(")")[2].split()[0] == "Z"


@HOW
def test_forks_are_steps_of_their_own(tmp_path: Path, how: tuple[str, ...]) -> None:
    project = make(tmp_path)
    arguments = ("--local", *how, "--into-catalog", "--pass-env", "TOKEN")
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


@HOW
def test_a_failure_has_its_log(tmp_path: Path, how: tuple[str, ...]) -> None:
    project = make(tmp_path, fail='raise ValueError("no \\N{SNOWMAN} good")')
    done = run_kedro(project, "azureml", "run", "--local", *how, check=False)
    assert done.returncode == 1
    assert "ValueError: no ☃ good" in done.stderr
    assert "The step 'last' exited with code 1." in done.stderr
    # The file in the project, though the process that was forked imported it from there.
    assert "error KAZ603  src/" in done.stderr
    assert "ValueError: no ☃ good, in node 'last'." in done.stderr


@HOW
def test_a_killed_fork_is_told(tmp_path: Path, how: tuple[str, ...]) -> None:
    project = make(tmp_path, fail="os.kill(os.getpid(), 9)")
    done = run_kedro(project, "azureml", "run", "--local", *how, check=False)
    assert done.returncode == 1
    assert "killed by signal 9 (SIGKILL" in done.stdout


@pytest.mark.parametrize(
    "at_import",
    [
        IN_SERVER + "os._exit(3)",
        IN_SERVER + 'raise ImportError("not here")',
        IN_SERVER + "os.fork = lambda: os.kill(2**22 + 1, 0)  # no such process: an OSError",
    ],
)
def test_steps_are_cold_when_nothing_can_be_forked(at_import: str, tmp_path: Path) -> None:
    project = make(tmp_path, at_import=at_import)
    done = run_kedro(project, "azureml", "run", "--local", "--warm", "--into-catalog", check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert not result(project, "a")["forked"]


def test_a_variable_of_the_document_is_there_when_the_project_is_imported(tmp_path: Path) -> None:
    project = make(tmp_path, at_import='X = os.environ.get("X")', in_draw='assert X == "1"')
    arguments = ("--local", "--warm", "--into-catalog", "--env-var", "X=1")
    done = run_kedro(project, "azureml", "run", *arguments, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "--warm has no effect: the document sets variables" in done.stdout
    assert result(project, "a")["forked"], "of a process that has imported Kedro"


@HOW
def test_ctrl_c_ends_forks_and_the_process(tmp_path: Path, how: tuple[str, ...]) -> None:
    project = make(tmp_path, fail="time.sleep(3000)")
    running = Running.of_project(project, *how, "--pass-env", "MARKER")
    try:
        running.wait_for(lambda: running.status("last") == "Running")
        time.sleep(0.3)
        assert len(running.left()) >= 1
        running.process.send_signal(signal.SIGINT)
        output, _ = running.process.communicate(timeout=PATIENCE)
        assert running.process.returncode == 130
        assert running.left() == []
        assert running.status("last") == "Canceled"
        assert re.search(r"Canceled in", output)
    finally:
        running.end()


def test_what_the_project_forks_at_import_does_not_outlive_the_run(tmp_path: Path) -> None:
    file = tmp_path / "pid"
    child = (
        f"os.fork() or (Path({str(file)!r}).write_text(str(os.getpid())), time.sleep(6000), "
        "os._exit(0))"
    )
    project = make(tmp_path, at_import=IN_SERVER + child)
    done = run_kedro(project, "azureml", "run", "--local", "--warm", check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert is_gone(file)


def test_ctrl_c_while_the_project_is_imported(tmp_path: Path) -> None:
    project = make(tmp_path, at_import=IN_SERVER + "time.sleep(3000)")
    running = Running.of_project(project, "--warm", "--pass-env", "MARKER")
    try:
        running.wait_for(lambda: running.status("draw_a") == "Running")
        running.process.send_signal(signal.SIGINT)
        running.process.communicate(timeout=PATIENCE)
        assert running.process.returncode == 130
        assert running.left() == []
    finally:
        running.end()


def test_a_step_ends_with_the_server(tmp_path: Path) -> None:
    project = make(tmp_path, in_draw="os.kill(os.getppid(), 9)")
    done = run_kedro(project, "azureml", "run", "--local", "--max-parallel", "1", check=False)
    assert done.returncode == 1
    assert "killed by signal 9 (SIGKILL" in done.stdout


@HOW
def test_a_process_that_escapes_ends_with_its_step(tmp_path: Path, how: tuple[str, ...]) -> None:
    """It has left the step's group and session, and was not even started, but forked."""
    file = tmp_path / "pid"
    escape = f"""if os.fork() == 0:
            os.setsid()
            Path({str(file)!r}).write_text(str(os.getpid()))
            os.closerange(0, 3)
            time.sleep(600)
            os._exit(0)
        while not Path({str(file)!r}).exists():
            time.sleep(0.01)"""
    project = make(tmp_path, in_draw=escape)
    done = run_kedro(project, "azureml", "run", "--local", *how, "--into-catalog", check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert result(project, "a")["forked"]
    assert is_gone(file)


def test_one_that_waits_for_a_step_that_fails_never_begins(tmp_path: Path) -> None:
    project = make(tmp_path, in_draw="raise ValueError()")
    done = run_kedro(project, "azureml", "run", "--local", check=False)
    assert done.returncode == 1
    statuses = {name: step["status"] for name, step in report(project)["steps"].items()}
    assert statuses["last"] == "NotStarted"
    assert "Failed" in (statuses["draw_a"], statuses["draw_b"])


def test_a_program_whose_standard_input_is_closed(tmp_path: Path) -> None:
    """Its next pipe is number 0, which a step has for its own standard input."""
    program = "import kedro_azureml as k; k.rehearse(k.compile_project())"
    command = ["sh", "-c", 'exec "$0" -c "$1" <&-', sys.executable, program]
    project = make(tmp_path)
    subprocess.run(command, cwd=project, env=environment(), check=True)
    steps = report(project)["steps"].values()
    assert [step["status"] for step in steps] == ["Completed"] * 3, list(steps)


@pytest.mark.parametrize("other", ["--warm", "--launcher=nice"])
def test_two_ways_to_start_steps_are_refused(tmp_path: Path, other: str) -> None:
    project = make(tmp_path)
    done = run_kedro(project, "azureml", "run", "--local", "--cold", other, check=False)
    assert done.returncode == 1
    assert "--cold and " in done.stderr
    assert "both say how steps are started" in done.stderr
