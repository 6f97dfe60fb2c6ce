"""What a process that is killed leaves behind is killed too, and nothing else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from kedro_azureml.rehearsal.processes.identity import is_running
from kedro_azureml.rehearsal.processes.watchdog import Watchdog
from tests.kit.waiting import wait_until

_STARTS = """
import subprocess, sys, time
from kedro_azureml.rehearsal.processes.watchdog import WATCHDOG

def start():
    return subprocess.Popen(["sleep", "300"], start_new_session=True)

running, left, first, last = [start() for _ in range(4)]
for one in (first, running, left, last):
    WATCHDOG.watch(one.pid)
for one in (left, first, last):
    WATCHDOG.leave(one.pid)
print(running.pid, left.pid, first.pid, last.pid, flush=True)
time.sleep(3000)
"""


def runs(number: int) -> bool:
    return is_running(number, None)


def test_what_is_watched_ends_with_the_process_that_watches() -> None:
    process = subprocess.Popen([sys.executable, "-c", _STARTS], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process.stdout:
        running, *others = map(int, process.stdout.readline().split())
    try:
        process.kill()
        process.wait()
        wait_until(lambda: not runs(running))
        assert all(map(runs, others))
    finally:
        for number in others:
            os.kill(number, signal.SIGKILL)


_LEAVES = """
import os, subprocess, sys, time
from kedro_azureml.rehearsal.processes.marking import MARK, mark_of
from kedro_azureml.rehearsal.processes.watchdog import WATCHDOG

def start(mark):
    environment = {**os.environ, MARK: mark}
    script = "setsid sleep 300 & echo $!; exec sleep 300"
    process = subprocess.Popen(
        ["sh", "-c", script],
        env=environment, start_new_session=True, stdout=subprocess.PIPE, text=True,
    )
    WATCHDOG.watch(process.pid, mark_of(environment))
    return process, int(process.stdout.readline())

running, of_running = start("/run/with a space/1")
ended, of_ended = start("/run/2")
WATCHDOG.leave(ended.pid)
print(of_running, of_ended, ended.pid, flush=True)
time.sleep(3000)
"""


def test_what_left_the_group_of_a_watched_process_ends_too() -> None:
    process = subprocess.Popen([sys.executable, "-c", _LEAVES], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process.stdout:
        of_running, *others = map(int, process.stdout.readline().split())
    try:
        process.kill()
        process.wait()
        wait_until(lambda: not runs(of_running))
        assert all(map(runs, others))
    finally:
        for number in others:
            os.kill(number, signal.SIGKILL)


def test_a_watchdog_that_is_gone_is_not_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    watchdog = Watchdog()
    watchdog.watch(2**22 + 1)
    assert watchdog._shell is not None
    watchdog._shell.kill()
    watchdog._shell.wait()
    watchdog.leave(2**22 + 1)
    watchdog.close()
    monkeypatch.setenv("PATH", "/nowhere")
    without = Watchdog()
    without.watch(2**22 + 1)
    without.close()
