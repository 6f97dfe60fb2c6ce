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
from typing import TYPE_CHECKING, Any

from kedro_azureml.job.snapshot.copying import copy_snapshot
from kedro_azureml.job.snapshot.listing import Snapshot, list_snapshot
from kedro_azureml.job.step_commands import literal_arguments
from kedro_azureml.job.step_record import STEP_MODULE
from kedro_azureml.rehearsal.launch.fork_launch import ForkLaunch
from kedro_azureml.rehearsal.launch.launcher import CommandLauncher, Launch, LaunchRequest
from kedro_azureml.rehearsal.options import RehearsalOptions
from kedro_azureml.rehearsal.plan.model import Plan, PlannedStep
from kedro_azureml.rehearsal.processes.marking import MARK
from kedro_azureml.rehearsal.processes.pipes import make_pipe
from kedro_azureml.rehearsal.processes.watchdog import WATCHDOG
from kedro_azureml.rehearsal.workspace.environment import (
    base_environment,
    passed_environment,
    python_folder,
)
from kedro_azureml.rehearsal.workspace.run_folders import delete_tree
from kedro_azureml.scratch import make_scratch_folder
from kedro_azureml.step.process.ready_libraries import is_library
from kedro_azureml.step.process.start import FORK_SERVER

if TYPE_CHECKING:
    from kedro_azureml.project.loaded import LoadedProject

_READ_BY_A_SHELL = {"PATH", "BASH_ENV", "ENV"}
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
        self._launches: dict[int, ForkLaunch] = {}
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
        project = [] if self.project is None else [str(self._copy)]
        reader, requests = make_pipe()
        answers, writer = make_pipe()
        try:
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
        except BaseException:
            os.close(requests)
            os.close(answers)
            raise
        finally:
            os.close(reader)
            os.close(writer)
        WATCHDOG.watch(self._process.pid)
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

    def make_ready(self, loaded: LoadedProject) -> None:
        """Let it import the libraries of the project, which this process has just loaded.

        Nothing of the project itself: each step imports that on its own, and with it gets of the
        libraries those that it asks for.
        """
        if self.project is None:
            modules = [name for name in sys.modules if is_library(name)]
            types = sorted(loaded.catalog.types)
            self._requests.put({"modules": modules, "datasets": types})

    def prepare(self, argvs: list[list[str]]) -> None:
        """Let it import the datasets of the steps with these arguments."""
        self._requests.put({"prepare": argvs})

    def fork(self, order: LaunchRequest, argv: list[str], *, early: bool) -> Launch | None:
        """Fork a step as soon as all is imported; None when the process is gone."""
        with self._lock:
            if self._gone:
                return None
            number = next(self._numbers)
            launch = self._launches[number] = ForkLaunch(order, number, self._requests, early)
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
        """End it."""
        self._requests.put(None)
        WATCHDOG.leave(self._process.pid)
        # With whatever the project has forked while it was imported.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
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
                elif "failed" in answer:
                    self._launches.pop(answer["id"]).lost()
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
            for step in plan.commands()
            if step.record
            and not (warm and (step.environment or step.code is None))
            # What a shell reads: it may start another Python.
            and not step.environment.keys() & _READ_BY_A_SHELL
        }
        if warm:
            # The trials of a step have one record.
            records = {id(record): record for record in self._forked.values()}
            server.prepare([record.arguments() for record in records.values()])

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
