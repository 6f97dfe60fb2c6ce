"""The process that imports the project once and forks the steps (``--warm``, Linux).

See `kedro_azureml.step.process.warm` for what it does and for what it may hide.
"""

from __future__ import annotations

import contextlib
import filecmp
import json
import os
import signal
import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from kedro_azureml.job.snapshot.copying import copy_snapshot
from kedro_azureml.job.snapshot.listing import Snapshot, list_snapshot
from kedro_azureml.rehearsal.launch.launcher import CommandLauncher, Exit, Launch, LaunchRequest
from kedro_azureml.rehearsal.processes.group import await_end_of_group
from kedro_azureml.rehearsal.processes.marking import mark_of
from kedro_azureml.rehearsal.processes.watchdog import WATCHDOG
from kedro_azureml.rehearsal.workspace.environment import base_environment, python_folder
from kedro_azureml.rehearsal.workspace.run_folders import delete_tree
from kedro_azureml.scratch import make_scratch_folder

_WARM_COMMAND = ("python", "-m", "kedro_azureml.step.process.warm")


class WarmProcess:
    """The process that imports the project and forks steps.

    It can be started before the job is known, and imports while the job is compiled.
    """

    def __init__(self, code: Path, passed: Mapping[str, str]) -> None:
        """Start it.

        Args:
            code: The folder that is the snapshot of the steps.
            passed: Variables that are let through to all steps.

        Raises:
            DiagnosticError: The code cannot be copied.
            OSError: It cannot be started.
        """
        self.code = code
        self.passed = dict(passed)
        self._folder = make_scratch_folder()
        self._lock = threading.Lock()
        self._launches: dict[int, _WarmLaunch] = {}
        self._gone = False
        self._requests: SimpleQueue[dict[str, Any] | None] = SimpleQueue()
        try:
            self._copy = self._folder / "wd"
            self._copy.mkdir()
            copy_snapshot(list_snapshot(code), self._copy)
            environment = {**base_environment(python_folder(self._folder)), **passed}
            self._start(environment)
        except BaseException:
            delete_tree(self._folder)
            raise

    def _start(self, environment: Mapping[str, str]) -> None:
        reader, requests = os.pipe()
        answers, writer = os.pipe()
        with (self._folder / "log.txt").open("ab") as log:
            self._process = subprocess.Popen(
                [*_WARM_COMMAND, str(reader), str(writer)],
                cwd=self._copy,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=(reader, writer),
                start_new_session=True,
            )
        os.close(reader)
        os.close(writer)
        self._sender = threading.Thread(target=self._send, args=(requests,), daemon=True)
        self._listener = threading.Thread(target=self._listen, args=(answers,), daemon=True)
        self._sender.start()
        self._listener.start()

    @property
    def gone(self) -> bool:
        """Whether it has ended, so that nothing more can be forked."""
        return self._gone

    def has(self, snapshot: Snapshot) -> bool:
        """Tell whether its copy of the code is what `snapshot` holds."""
        names = [file.path for file in snapshot.files]
        same, _, _ = filecmp.cmpfiles(self._copy, snapshot.root, names, shallow=False)
        return len(same) == len(names)

    def prepare(self, argvs: list[list[str]]) -> None:
        """Let it import the datasets of the steps with these arguments."""
        self._requests.put({"prepare": argvs})

    def fork(self, order: LaunchRequest, argv: list[str]) -> Launch | None:
        """Fork a step as soon as all is imported; None when the process is gone."""
        with self._lock:
            if self._gone:
                return None
            number = len(self._launches) + 1
            launch = self._launches[number] = _WarmLaunch(order)
        self._requests.put(
            {
                "id": number,
                "argv": argv,
                "env": dict(order.environment),
                "cwd": str(order.cwd),
                "log": str(order.log),
            }
        )
        return launch

    def close(self) -> None:
        """End it; a second time does nothing."""
        self._requests.put(None)
        self._process.kill()
        self._process.wait()
        self._sender.join()
        self._listener.join()
        delete_tree(self._folder)

    def _send(self, descriptor: int) -> None:
        # Not where the orders are given: while the project is imported nobody reads.
        with contextlib.suppress(BrokenPipeError), os.fdopen(descriptor, "w") as requests:
            while (request := self._requests.get()) is not None:
                requests.write(json.dumps(request) + "\n")
                requests.flush()

    def _listen(self, descriptor: int) -> None:
        with os.fdopen(descriptor) as answers:
            for line in answers:
                answer = json.loads(line)
                launch = self._launches[answer["id"]]
                if "pid" in answer:
                    launch.forked(answer["pid"])
                else:
                    launch.ended(answer["code"])
        with self._lock:
            self._gone = True
            launches = list(self._launches.values())
        for launch in launches:
            launch.lost()


class _WarmLaunch:
    """A step that is or will be forked, or is started cold because the process is gone."""

    def __init__(self, order: LaunchRequest) -> None:
        self._order = order
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._group: int | None = None
        self._pending: int | None = None
        self._code: int | None = None
        self._instead: Launch | None = None
        self._error: OSError | None = None

    def go(self) -> None:
        """Do nothing: the step has begun, or will as soon as it can."""

    def wait(self) -> Exit:
        self._over.wait()
        if self._error is not None:
            raise self._error
        if self._instead is not None:
            return self._instead.wait()
        if self._group is not None:
            await_end_of_group(self._group)
        return Exit(self._code if self._code is not None else -signal.SIGKILL)

    def signal(self, number: int) -> None:
        with self._lock:
            if self._instead is not None:
                self._instead.signal(number)
            elif self._over.is_set():
                return
            elif self._group is None:
                # It has not begun, and never will, whenever the process gets to it.
                self._pending = signal.SIGKILL
                self._code = -number
                self._over.set()
            else:
                _signal_group(self._group, number)

    def forked(self, group: int) -> None:
        """Note that the step has a process."""
        WATCHDOG.watch(group, mark_of(self._order.environment))
        with self._lock:
            self._group = group
            if self._pending is not None:
                _signal_group(group, self._pending)

    def ended(self, code: int) -> None:
        """Note that the step's process has ended, and with it its whole group."""
        with self._lock:
            if self._group is not None:
                WATCHDOG.leave(self._group)
            if not self._over.is_set():
                self._code = code
                self._over.set()

    def lost(self) -> None:
        """Note that the process that forks is gone."""
        with self._lock:
            if self._over.is_set():
                return
            if self._group is not None:
                # How it would have ended nobody can tell any more.
                _signal_group(self._group, signal.SIGKILL)
                WATCHDOG.leave(self._group)
                self._code = -signal.SIGKILL
            else:
                try:
                    self._instead = CommandLauncher().launch(self._order, early=False)
                except OSError as error:
                    self._error = error
            self._over.set()


def _signal_group(group: int, number: int) -> None:
    # A fork makes its group itself: until then there is only the process.
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        with contextlib.suppress(ProcessLookupError):
            os.kill(group, number)
