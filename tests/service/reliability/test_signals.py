"""Signals that end a command: nothing is left behind, and what is said is true."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.kit.forking import ForkServer
from tests.kit.shell import environment
from tests.kit.submission import Kedro, small_project
from tests.kit.waiting import PATIENCE, wait_until

pytest_plugins = ("tests.kit.azureml.fixtures", "tests.kit.fixtures")

# The last one is handled as SIGTERM is; `make test-reliability` sends it too.
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL, signal.SIGHUP)
SENT = SIGNALS if os.environ.get("EVERY_FAULT") else SIGNALS[:3]
EXIT_INTERRUPTED = 130
SLOW = 'node(lambda: __import__("time").sleep(600), None, "a", name="slow"),'


@dataclass
class Ended:
    """A command that was ended by a signal."""

    kedro: Kedro
    temporary: Path
    number: signal.Signals
    code: int = 0
    said: str = ""

    def run(self, arguments: tuple[str, ...], begun: Callable[[], object]) -> None:
        """Start a command, and send the signal once something has begun."""
        self.temporary.mkdir()
        process = subprocess.Popen(
            [sys.executable, "-m", "kedro", "azureml", *arguments],
            cwd=self.kedro.project,
            env=environment(**self.kedro.variables(), TMPDIR=str(self.temporary)),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

        def is_time() -> object:
            assert process.poll() is None, process.communicate()[0]
            return begun()

        wait_until(is_time)
        process.send_signal(self.number)
        self.said = process.communicate(timeout=PATIENCE)[0]
        self.code = process.returncode

    def check(self) -> None:
        """See that the exit code says what happened, and that nothing is left."""
        killed = self.number == signal.SIGKILL
        assert self.code == (-signal.SIGKILL if killed else EXIT_INTERRUPTED), self.said
        assert "Traceback" not in self.said
        if killed:
            # Nobody can tidy up then; the next command does.
            plain = Kedro(self.kedro.service, self.kedro.project)
            plain("job", "list", variables={"TMPDIR": str(self.temporary)})
        assert list(self.temporary.glob("kedro-azureml-*")) == []


@pytest.fixture(params=SENT, ids=lambda n: n.name)
def ended(kedro: Kedro, tmp_path: Path, request: pytest.FixtureRequest) -> Ended:
    return Ended(kedro, tmp_path / "temporary", request.param)


def test_a_submission(ended: Ended) -> None:
    service = ended.kedro.service
    service.faults.latency = 0.3
    ended.run(("run",), lambda: list(ended.temporary.glob("kedro-azureml-*/0/*")))
    service.faults.latency = 0.0
    ended.check()
    if ended.number != signal.SIGKILL:
        assert service.jobs.created == 0 or "KAZ715" in ended.said
        assert "Interrupted" in ended.said or "KAZ715" in ended.said


def test_the_request_that_makes_the_job(ended: Ended) -> None:
    service = ended.kedro.service
    jobs = service.inject("slow", method="PUT", path="/jobs/")
    ended.run(("run",), lambda: jobs.hits)
    ended.check()
    if ended.number != signal.SIGKILL:
        assert "may or may not exist" in ended.said
    assert service.jobs.created <= 1


def test_a_watch(ended: Ended) -> None:
    service = ended.kedro.service
    service.execution.mode = "held"
    ended.kedro("run")
    service.gateway.seen.clear()
    watched = ("job", "watch", ended.kedro.job)
    ended.run(watched, lambda: service.count("GET", "/details"))
    ended.check()
    assert not service.jobs.runs[ended.kedro.job].cancel.is_set()
    if ended.number != signal.SIGKILL:
        assert "The job goes on" in ended.said


def test_a_download(ended: Ended) -> None:
    service = ended.kedro.service
    service.execution.mode = "real"
    ended.kedro("run", "--wait-for-completion")
    before = sorted(ended.kedro.project.rglob("*"))
    service.faults.latency = 0.3
    ended.run(
        ("job", "download", ended.kedro.job, "--into-catalog"),
        lambda: list(ended.temporary.glob("kedro-azureml-*")),
    )
    service.faults.latency = 0.0
    ended.check()
    assert sorted(ended.kedro.project.rglob("*")) == before


def test_a_rehearsal(ended: Ended, fork_server: ForkServer, tmp_path: Path) -> None:
    project = small_project(ended.kedro.service, tmp_path / "slow", SLOW)
    ended.kedro = Kedro(ended.kedro.service, project, fork_server)
    logs = ".kedro_azureml/runs/*/steps/slow/**/std_log.txt"
    ended.run(("run", "--local"), lambda: list(project.glob(logs)))
    time.sleep(0.1)
    ended.check()
    if ended.number != signal.SIGKILL:
        assert "Canceled" in ended.said or "Interrupted" in ended.said
