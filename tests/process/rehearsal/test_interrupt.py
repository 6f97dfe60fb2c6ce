"""Ctrl-C and its relatives, sent to the real command: nothing is left, and the report is true."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import yaml

from kedro_azureml.rehearsal.processes.signals import Interrupts
from tests.kit.job_documents import command, output_of
from tests.kit.projects import make_bare_project
from tests.kit.shell import environment, run_kedro
from tests.kit.waiting import PATIENCE, wait_until

STUBBORN = "trap '' TERM; (trap '' TERM; sleep 3000) & touch '{}'; while true; do sleep 0.1; done"


class Running:
    """A rehearsal that is going on."""

    def __init__(
        self, project: Path, *arguments: str, marker: str = "", prefix: tuple[str, ...] = ()
    ) -> None:
        self.marker = marker or uuid.uuid4().hex
        self.project = project
        self.process = subprocess.Popen(
            [*prefix, sys.executable, "-m", "kedro", "azureml", "run", "--local", *arguments],
            cwd=project,
            env=environment(**({} if marker else {"MARKER": self.marker})),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    @classmethod
    def of_project(cls, project: Path, *arguments: str) -> Running:
        """Rehearse the project; its steps are found by a variable that is let through."""
        return cls(project, *arguments)

    @classmethod
    def of_jobs(cls, project: Path, jobs: dict[str, Any], prefix: tuple[str, ...] = ()) -> Running:
        """Rehearse a document; its steps are found by a variable that it sets."""
        marker = uuid.uuid4().hex
        for job in jobs.values():
            job["environment_variables"] = {"MARKER": marker}
        (project / "code").mkdir(exist_ok=True)
        (project / "code/main.py").write_text("")
        (project / "job.yml").write_text(yaml.safe_dump({"type": "pipeline", "jobs": jobs}))
        return cls(project, "-f", "job.yml", marker=marker, prefix=prefix)

    def end(self) -> None:
        """Leave nothing behind, whatever happened."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()
        for number in self.left():
            os.kill(number, signal.SIGKILL)

    def report(self) -> dict[str, Any]:
        files = sorted((self.project / ".kedro_azureml/runs").glob("*/report.json"))
        data: dict[str, Any] = json.loads(files[-1].read_text())
        return data

    def status(self, step: str) -> str:
        return str(self.report()["steps"][step]["status"])

    def wait_for(self, condition: Callable[[], bool], *, killed: bool = False) -> None:
        def true() -> bool:
            assert killed or self.process.poll() is None, self.process.communicate()[0]
            with suppress(OSError, ValueError, IndexError, KeyError):
                return condition()
            return False

        wait_until(true)

    def left(self) -> list[int]:
        """Processes of this rehearsal's steps that are still there."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if int(folder.name) == self.process.pid:
                    continue
                if self.marker.encode() in (folder / "environ").read_bytes():
                    found.append(int(folder.name))
            except OSError:
                continue
        return found


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[dict[str, Any]], Running]]:
    begun: list[Running] = []

    def begin(jobs: dict[str, Any]) -> Running:
        begun.append(Running.of_jobs(make_bare_project(tmp_path / "project"), jobs))
        return begun[-1]

    yield begin
    for running in begun:
        running.end()


def jobs() -> dict[str, Any]:
    return {
        "long": command('sleep 3000; : "${{outputs.o}}"'),
        "tree": command("(sleep 3000 & sleep 3000) & sleep 3000"),
        "next": command("true", inputs={"i": output_of("long", "o")}),
    }


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
class TestInterrupt:
    @pytest.mark.parametrize(
        "number", [signal.SIGINT, signal.SIGTERM, signal.SIGQUIT], ids=lambda n: n.name
    )
    def test_ends_every_process(
        self, number: signal.Signals, start: Callable[[dict[str, Any]], Running]
    ) -> None:
        running = start(jobs())
        running.wait_for(lambda: running.status("long") == running.status("tree") == "Running")
        assert running.left()
        running.process.send_signal(number)
        output, _ = running.process.communicate(timeout=PATIENCE)
        assert running.process.returncode == 130
        assert running.left() == []
        report = running.report()
        assert report["status"] == "Canceled"
        assert {name: step["status"] for name, step in report["steps"].items()} == {
            "long": "Canceled",
            "tree": "Canceled",
            "next": "NotStarted",
        }
        assert "Canceled in" in output
        assert "Traceback" not in output

    def test_what_a_script_has_ignored_stays_ignored(self, tmp_path: Path) -> None:
        """As of any program that nohup or a script's ``&`` starts; SIGTERM ends it."""
        ignoring = ("sh", "-c", 'trap "" INT QUIT HUP; exec "$@"', "sh")
        running = Running.of_jobs(make_bare_project(tmp_path / "project"), jobs(), ignoring)
        try:
            running.wait_for(lambda: running.status("long") == running.status("tree") == "Running")
            for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
                running.process.send_signal(number)
            time.sleep(1)
            assert running.process.poll() is None
            assert running.status("long") == "Running"
            running.process.terminate()
            running.process.communicate(timeout=PATIENCE)
            assert running.process.returncode == 130
            assert running.left() == []
            assert running.report()["status"] == "Canceled"
        finally:
            running.end()

    def test_the_second_kills_at_once(
        self, start: Callable[[dict[str, Any]], Running], tmp_path: Path
    ) -> None:
        mark = tmp_path / "stubborn"
        running = start({"stubborn": command(STUBBORN.format(mark))})
        running.wait_for(mark.exists)
        running.process.send_signal(signal.SIGINT)
        running.wait_for(lambda: running.status("stubborn") == "CancelRequested")
        time.sleep(0.5)
        assert running.process.poll() is None
        running.process.send_signal(signal.SIGINT)
        output, _ = running.process.communicate(timeout=PATIENCE)
        assert running.process.returncode == 130
        assert "Ctrl-C again kills" in output
        assert running.left() == []
        assert running.status("stubborn") == "Canceled"

    def test_a_killed_rehearsal_leaves_nothing_and_is_listed_as_interrupted(
        self, start: Callable[[dict[str, Any]], Running]
    ) -> None:
        running = start({"long": command("sleep 3000"), "tree": command("sleep 3000 & sleep 3000")})
        running.wait_for(lambda: running.status("long") == running.status("tree") == "Running")
        assert listed(running.project) == ["Running"]
        assert running.left()
        running.process.kill()
        running.process.wait()
        running.wait_for(lambda: running.left() == [], killed=True)
        assert listed(running.project) == ["Interrupted"]


def listed(project: Path) -> list[str]:
    """The statuses of the runs that are kept."""
    shown = run_kedro(project, "azureml", "run", "--list-runs", check=False).stdout
    return [line.split()[0] for line in shown.splitlines() if ".kedro_azureml/runs/" in line]


def test_a_handler_that_is_not_python_s_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a program that embeds Python: nobody could put it back."""
    known, handled = signal.getsignal, []

    def getsignal(number: int) -> Any:
        return None if number == signal.SIGTERM else known(number)

    monkeypatch.setattr(signal, "getsignal", getsignal)
    monkeypatch.setattr(signal, "signal", lambda number, handler: handled.append(number))
    with Interrupts():
        pass
    assert signal.SIGINT in handled
    assert signal.SIGTERM not in handled
