"""Starts steps by forking a process that has imported what all of them need (Linux).

See `kedro_azureml.step.process.fork_server` for what that process does. A command that is not
plainly ours is started cold, and so is everything once the process is gone.
"""

from __future__ import annotations

import contextlib
import filecmp
import itertools
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from kedro_azureml.job.snapshot.copying import copy_snapshot
from kedro_azureml.job.snapshot.listing import Snapshot, list_snapshot
from kedro_azureml.job.step_record import STEP_MODULE, literal_arguments
from kedro_azureml.rehearsal.launch.launcher import CommandLauncher, Exit, Launch, LaunchRequest
from kedro_azureml.rehearsal.options import RehearsalOptions
from kedro_azureml.rehearsal.plan.model import Plan, PlannedStep
from kedro_azureml.rehearsal.processes.group import await_end_of_group
from kedro_azureml.rehearsal.processes.marking import MARK, kill_marked, mark_of
from kedro_azureml.rehearsal.processes.watchdog import WATCHDOG
from kedro_azureml.rehearsal.workspace.environment import (
    base_environment,
    passed_environment,
    python_folder,
)
from kedro_azureml.rehearsal.workspace.run_folders import delete_tree
from kedro_azureml.scratch import make_scratch_folder
from kedro_azureml.step.process.start import FORK_SERVER

# Room for the mark of any step, which is a path.
_ROOM_FOR_A_MARK = "-" * 4096


class ForkServer:
    """The process from which steps are forked.

    It can be started before the job is known, and imports while the job is compiled.
    """

    def __init__(self, passed: Mapping[str, str], project: Path | None = None) -> None:
        """Start it.

        Args:
            passed: Variables that are let through to all steps.
            project: The project that it imports as well, which is the snapshot of the steps.

        Raises:
            DiagnosticError: The project cannot be copied.
            OSError: It cannot be started.
        """
        self.project = project
        self._folder = make_scratch_folder()
        self._lock = threading.Lock()
        self._launches: dict[int, _ForkLaunch] = {}
        self._numbers = itertools.count(1)
        self._gone = False
        self._requests: SimpleQueue[dict[str, Any] | None] = SimpleQueue()
        try:
            self._copy = self._folder / "wd"
            self._copy.mkdir()
            if project is not None:
                copy_snapshot(list_snapshot(project), self._copy)
            self._start({**base_environment(python_folder(self._folder)), **passed})
        except BaseException:
            delete_tree(self._folder)
            raise

    def _start(self, environment: Mapping[str, str]) -> None:
        reader, requests = os.pipe()
        answers, writer = os.pipe()
        project = [] if self.project is None else [str(self._copy)]
        with (self._folder / "log.txt").open("ab") as log:
            self._process = subprocess.Popen(
                ["python", "-m", STEP_MODULE, FORK_SERVER, str(reader), str(writer), *project],
                cwd=self._folder,
                env={**environment, MARK: _ROOM_FOR_A_MARK},
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

    def has(self, code: Path, snapshot: Snapshot) -> bool:
        """Tell whether the project that it has imported is the code of steps."""
        names = [file.path for file in snapshot.files]
        same, _, _ = filecmp.cmpfiles(self._copy, snapshot.root, names, shallow=False)
        return self.project == code and len(same) == len(names)

    def prepare(self, argvs: list[list[str]]) -> None:
        """Let it import the datasets of the steps with these arguments."""
        self._requests.put({"prepare": argvs})

    def fork(self, order: LaunchRequest, argv: list[str], *, early: bool) -> Launch | None:
        """Fork a step as soon as all is imported; None when the process is gone."""
        with self._lock:
            if self._gone:
                return None
            number = next(self._numbers)
            launch = self._launches[number] = _ForkLaunch(order, number, self._requests, early)
        self._requests.put(
            {
                "id": number,
                "argv": argv,
                "env": dict(order.environment),
                "cwd": str(order.cwd),
                "log": str(order.log),
                "mark": MARK,
                "early": early,
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
                if "pid" in answer:
                    self._launches[answer["id"]].forked(answer["pid"])
                else:
                    self._launches.pop(answer["id"]).ended(answer["code"])
        with self._lock:
            self._gone = True
            launches = list(self._launches.values())
        for launch in launches:
            launch.lost()


@contextmanager
def fork_server(options: RehearsalOptions) -> Iterator[ForkServer | None]:
    """Start the process that a rehearsal forks its steps from, if it shall; end it with the block.

    Args:
        options: How to rehearse.

    Raises:
        DiagnosticError: The project cannot be copied.
        OSError: It cannot be started, though `RehearsalOptions.warm` asks for it.
    """
    if options.cold or options.launcher or sys.platform != "linux":
        yield None
        return
    passed = passed_environment(options.pass_env)
    try:
        server = ForkServer(passed, options.project if options.warm else None)
    except OSError:
        if options.warm:
            raise
        # A step that cannot be started either tells why.
        yield None
        return
    try:
        yield server
    finally:
        server.close()


class ForkLauncher:
    """Forks the steps that it can, and starts the others cold."""

    def __init__(self, server: ForkServer, plan: Plan) -> None:
        """Let the server get ready for the steps of a job.

        Args:
            server: The process, which somebody else closes.
            plan: The job.
        """
        self._server = server
        self._cold = CommandLauncher()
        warm = server.project is not None
        # An import that is done already would not see a variable that the document sets.
        self._forked = {
            step.name: step.record
            for step in plan.steps.values()
            if step.record and not (warm and (step.environment or step.code is None))
        }
        if warm:
            server.prepare([record.arguments() for record in self._forked.values()])

    def starts_early(self, step: PlannedStep) -> bool:
        """Answer yes for a step that has its project to import still."""
        imported = self._server.project is not None and not self._server.gone
        return not (imported and step.name in self._forked) and self._cold.starts_early(step)

    def launch(self, order: LaunchRequest, *, early: bool) -> Launch:
        """Fork the step, as soon as the server is ready; see `Launcher.launch`."""
        argv = literal_arguments(order.command) if order.step in self._forked else None
        forked = None if argv is None else self._server.fork(order, argv, early=early)
        return forked or self._cold.launch(order, early=early)

    def close(self) -> None:
        """Do nothing: the server may fork the steps of another job."""


class _ForkLaunch:
    """A step that is or will be forked, or is started cold because the process is gone."""

    def __init__(
        self,
        order: LaunchRequest,
        number: int,
        requests: SimpleQueue[dict[str, Any] | None],
        early: bool,
    ) -> None:
        self._order = order
        self._number = number
        self._requests = requests
        self._early = early
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._group: int | None = None
        self._pending: int | None = None
        self._code: int | None = None
        self._instead: Launch | None = None
        self._error: OSError | None = None

    def go(self) -> None:
        """Let a step begin that waits for it; any other has begun, or will as soon as it can."""
        with self._lock:
            early, self._early = self._early, False
            if self._instead is not None:
                self._instead.go()
            elif early:
                self._requests.put({"go": self._number})

    def wait(self) -> Exit:
        self._over.wait()
        if self._error is not None:
            raise self._error
        if self._instead is not None:
            return self._instead.wait()
        if self._group is not None:
            await_end_of_group(self._group)
            kill_marked(mark_of(self._order.environment))
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
                    self._instead = CommandLauncher().launch(self._order, early=self._early)
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
