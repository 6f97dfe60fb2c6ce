"""What a process that is killed leaves behind is killed too, and nothing else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from kedro_azureml.rehearsal.processes.watchdog import Guardian

_STARTS = """
import subprocess, sys, time
from kedro_azureml.rehearsal.processes.watchdog import GUARDIAN

def start():
    return subprocess.Popen(["sleep", "300"], start_new_session=True)

running, left, first, last = [start() for _ in range(4)]
for one in (first, running, left, last):
    GUARDIAN.watch(one.pid)
for one in (left, first, last):
    GUARDIAN.leave(one.pid)
print(running.pid, left.pid, first.pid, last.pid, flush=True)
time.sleep(300)
"""


def until(true: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 20
    while not true() and time.monotonic() < deadline:
        time.sleep(0.02)
    return true()


def runs(number: int) -> bool:
    try:
        status = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return status != "Z"


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_what_is_watched_ends_with_the_process_that_watches() -> None:
    process = subprocess.Popen([sys.executable, "-c", _STARTS], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process.stdout:
        running, *others = map(int, process.stdout.readline().split())
    try:
        process.kill()
        process.wait()
        assert until(lambda: not runs(running))
        assert all(map(runs, others))
    finally:
        for number in others:
            os.kill(number, signal.SIGKILL)


def test_a_guardian_that_is_gone_is_not_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    guardian = Guardian()
    guardian.watch(2**22 + 1)
    assert guardian._shell is not None
    guardian._shell.kill()
    guardian._shell.wait()
    guardian.leave(2**22 + 1)
    guardian.close()
    monkeypatch.setenv("PATH", "/nowhere")
    without = Guardian()
    without.watch(2**22 + 1)
    without.close()
