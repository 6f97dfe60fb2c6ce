"""What a killed command leaves in the temporary folder goes with the next; a run leaves nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.kit.projects import make_project
from tests.kit.shell import environment, run_kedro
from tests.kit.waiting import wait_until

_HOLD = """
import time
from kedro_azureml.scratch import scratch_folder
with scratch_folder() as folder:
    (folder / "code").mkdir()
    (folder / "code/a.py").write_text("x")
    print(folder, flush=True)
    time.sleep(600)
"""
_SWEEP = "from kedro_azureml.scratch import sweep_scratch_folders; sweep_scratch_folders()"


def hold(temporary: Path) -> tuple[subprocess.Popen[str], Path]:
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLD],
        env=environment(TMPDIR=str(temporary)),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


def test_only_folders_of_dead_processes_go(tmp_path: Path) -> None:
    killed, old = hold(tmp_path)
    living, used = hold(tmp_path)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    # A number that another process has by now, of a folder that is older than that process.
    reused = old.with_name(old.name.replace(f"-{killed.pid}-", f"-{living.pid}-") + "x")
    reused.mkdir()
    os.utime(reused, (1e9, 1e9))
    elsewhere = old.with_name(old.name.replace(old.name.split("-")[2], "0" * 8))
    elsewhere.mkdir()
    foreign = tmp_path / "kedro-azureml-mine"
    foreign.mkdir()
    try:
        assert old.is_dir()
        variables = environment(TMPDIR=str(tmp_path))
        subprocess.run([sys.executable, "-c", _SWEEP], env=variables, check=True)
        assert sorted(tmp_path.iterdir()) == sorted([used, elsewhere, foreign])
    finally:
        living.terminate()
        living.communicate()


def test_a_rehearsal_leaves_nothing(tmp_path: Path) -> None:
    project = make_project(tmp_path / "project", 'node(one, None, "a", name="a"),')
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    variables = {"TMPDIR": str(temporary)}
    run_kedro(project, "azureml", "run", "--local", variables=variables)
    assert list(temporary.iterdir()) == []


def test_what_a_killed_rehearsal_leaves_goes_with_the_next(tmp_path: Path) -> None:
    project = make_project(tmp_path / "project", 'node(one, None, "a", name="a"),')
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    variables = {"TMPDIR": str(temporary)}
    command = [sys.executable, "-m", "kedro", "azureml", "run", "--local"]
    process = subprocess.Popen(
        command,
        cwd=project,
        env=environment(**variables),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wait_until(lambda: list(temporary.glob("kedro-azureml-*")))
    process.kill()
    process.wait()
    assert list(temporary.glob("kedro-azureml-*"))
    run_kedro(project, "azureml", "run", "--local", variables=variables)
    assert list(temporary.iterdir()) == []
