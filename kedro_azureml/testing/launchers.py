"""What every launcher must do."""

from __future__ import annotations

import os
import signal
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kedro_azureml.job.model import PipelineJob
from kedro_azureml.rehearsal.launch.foreign import LauncherFactory, LauncherRequest
from kedro_azureml.rehearsal.launch.launcher import Exit, Launcher, LaunchRequest
from kedro_azureml.rehearsal.processes.marking import MARK

_PATIENCE = 60.0


class LauncherContract(ABC):
    """Starts commands and looks at how they ran."""

    @abstractmethod
    def factory(self) -> LauncherFactory:
        """Return what the entry point names."""

    def test_a_command_runs_where_and_with_what_it_is_told(self, tmp_path: Path) -> None:
        """The working directory, the variables and the log are the order's."""
        with self._launcher(tmp_path) as launcher:
            order = _order(tmp_path, 'pwd; echo "$WORD" "${HOME-none}"; echo error >&2; touch made')
            assert launcher.launch(order, early=False).wait() == Exit(0)
        assert (order.cwd / "made").exists()
        log = order.log.read_text().splitlines()
        assert {str(order.cwd), "a  b none", "error"} <= set(log)

    def test_an_exit_code_is_told(self, tmp_path: Path) -> None:
        """So is a failure in a pipe's last command."""
        with self._launcher(tmp_path) as launcher:
            for number, (command, code) in enumerate((("exit 3", 3), ("true | false", 1))):
                launch = launcher.launch(_order(tmp_path / str(number), command), early=False)
                assert launch.wait().code == code

    def test_a_signal_reaches_all_processes(self, tmp_path: Path) -> None:
        """After SIGTERM a step may tidy up; nothing of it is left after SIGKILL."""
        with self._launcher(tmp_path) as launcher:
            gentle = _order(
                tmp_path / "1", "trap 'echo tidy; exit 7' TERM; echo up; sleep 300 & wait"
            )
            launch = launcher.launch(gentle, early=False)
            _await(gentle.log, "up")
            launch.signal(signal.SIGTERM)
            assert launch.wait().code == 7
            assert "tidy" in gentle.log.read_text()
            stubborn = _order(
                tmp_path / "2", "trap '' TERM; echo up; (sleep 2; echo late) & sleep 300"
            )
            launch = launcher.launch(stubborn, early=False)
            _await(stubborn.log, "up")
            launch.signal(signal.SIGTERM)
            launch.signal(signal.SIGKILL)
            assert launch.wait().code != 0
            time.sleep(3)
            assert "late" not in stubborn.log.read_text()

    def test_steps_run_at_the_same_time(self, tmp_path: Path) -> None:
        """Each waits for the other, and is waited for in a thread of its own."""
        with self._launcher(tmp_path) as launcher:
            commands = (
                f"touch {name}; until [ -e ../../{other}/wd/{other} ]; do sleep 0.1; done"
                for name, other in (("a", "b"), ("b", "a"))
            )
            orders = [_order(tmp_path / n, c) for n, c in zip("ab", commands, strict=True)]
            launches = [launcher.launch(order, early=False) for order in orders]
            codes: list[int] = []
            threads = [
                threading.Thread(target=lambda each=each: codes.append(each.wait().code))
                for each in launches
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(_PATIENCE)
            for launch in launches:
                launch.signal(signal.SIGKILL)
            assert codes == [0, 0]

    @contextmanager
    def _launcher(self, folder: Path) -> Iterator[Launcher]:
        launcher = self.factory()(LauncherRequest(PipelineJob(jobs={}), folder))
        try:
            yield launcher
        finally:
            launcher.close()


def _order(folder: Path, command: str) -> LaunchRequest:
    working_directory, data = folder / "wd", folder / "data"
    working_directory.mkdir(parents=True)
    data.mkdir()
    return LaunchRequest(
        step="step",
        command=command,
        cwd=working_directory,
        environment={"PATH": os.environ["PATH"], "WORD": "a  b", MARK: str(data)},
        log=folder / "std_log.txt",
        scratch=folder / "scratch",
    )


def _await(log: Path, line: str) -> None:
    deadline = time.monotonic() + _PATIENCE
    while line not in (log.read_text().splitlines() if log.exists() else ()):
        assert time.monotonic() < deadline, f"'{line}' does not appear in the log."
        time.sleep(0.05)
