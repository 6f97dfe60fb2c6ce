"""Processes of steps, started while the job is compiled.

Compiling occupies one processor, and a step needs part of a second before it knows what it is.
Each of these processes becomes one step. See `kedro_azureml.step.process.ahead` for what is
imported ahead and what is not.
"""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kedro_azureml.job.step_record import literal_arguments
from kedro_azureml.rehearsal.launch.launcher import CommandLauncher, Exit, Launch, LaunchRequest
from kedro_azureml.rehearsal.plan.model import Plan, PlannedStep
from kedro_azureml.rehearsal.processes.group import ProcessGroup
from kedro_azureml.rehearsal.processes.marking import MARK
from kedro_azureml.rehearsal.workspace.environment import base_environment, python_folder
from kedro_azureml.rehearsal.workspace.run_folders import delete_tree
from kedro_azureml.scratch import make_scratch_folder
from kedro_azureml.step.process.ahead import LOG
from kedro_azureml.step.process.start import GO

_COMMAND = ("python", "-m", "kedro_azureml.step.process.ahead")
_ORDER = 1 << 20


@dataclass(frozen=True)
class Libraries:
    """Where to look for libraries that a process may import ahead.

    Attributes:
        package: The project's Python package.
        conf_source: Its configuration folder.
    """

    package: Path
    conf_source: Path


class AheadProcess:
    """A process that has imported what every step does, and becomes one."""

    def __init__(
        self, project: Path, libraries: Libraries | None, passed: Mapping[str, str]
    ) -> None:
        """Start it.

        Args:
            project: The project's root.
            libraries: Where to look for more to import.
            passed: Variables that are let through to all steps.

        Raises:
            OSError: It cannot be started.
        """
        self._folder = make_scratch_folder()
        self._ours, theirs = socket.socketpair()
        for end in (self._ours, theirs):
            # An order has to fit in: macOS holds 8 KB, and would wait until all is imported.
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _ORDER)
            end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _ORDER)
        places = (libraries.package, libraries.conf_source) if libraries else ()
        try:
            self._group = ProcessGroup(
                (*_COMMAND, str(theirs.fileno()), str(project), *map(str, places)),
                cwd=self._folder,
                env={
                    **base_environment(python_folder(self._folder)),
                    **passed,
                    MARK: str(self._folder),
                },
                log=self._folder / LOG,
                pass_fds=(theirs.fileno(),),
            )
        except BaseException:
            self._ours.close()
            delete_tree(self._folder)
            raise
        finally:
            theirs.close()

    def wait_until_ready(self) -> None:
        """Wait until everything is imported, or the process has ended."""
        with contextlib.suppress(OSError):
            self._ours.recv(1)

    def become(self, order: LaunchRequest, argv: list[str], *, early: bool) -> Launch | None:
        """Be the step; None if the process is gone."""
        what = {
            "argv": argv,
            "env": dict(order.environment),
            "cwd": str(order.cwd),
            "log": str(order.log),
            "early": early,
        }
        try:
            self._ours.sendall(json.dumps(what).encode() + b"\n")
        except OSError:
            return None
        self._group.mark(order.environment)
        return _AheadLaunch(self._group, self._ours)

    def close(self) -> None:
        """End it, whether or not it has become a step; a second time does nothing."""
        self._ours.close()
        if self._folder.exists():
            self._group.signal(signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                self._group.wait()
            delete_tree(self._folder)


class AheadPool:
    """Starts one process after another until the first is needed.

    One at a time, because the compilation that they wait for needs a processor too.
    """

    def __init__(
        self, project: Path, libraries: Libraries | None, passed: Mapping[str, str], *, most: int
    ) -> None:
        """Begin to start them.

        Args:
            project: The project's root.
            libraries: Where to look for more to import, for a job of one step.
            passed: Variables that are let through to all steps.
            most: How many to start.
        """
        self.libraries = libraries
        self._project = project
        self._passed = passed
        self._most = most
        self._lock = threading.Lock()
        self._enough = False
        self._all: list[AheadProcess] = []
        self._free: list[AheadProcess] = []
        self._thread = threading.Thread(target=self._fill, name="ahead", daemon=True)
        self._thread.start()

    def take(self) -> AheadProcess | None:
        """Return a process that has become no step yet, or None; no more are started."""
        with self._lock:
            self._enough = True
            return self._free.pop(0) if self._free else None

    def limit(self, count: int) -> None:
        """Start no more, and end those beyond so many."""
        with self._lock:
            self._enough = True
            surplus, self._free = self._free[count:], self._free[:count]
        for process in surplus:
            process.close()

    def close(self) -> None:
        """End all processes, also those that are steps by now; a second time does nothing."""
        with self._lock:
            self._enough = True
            self._free.clear()
        for process in self._all:
            process.close()
        self._thread.join()

    def _fill(self) -> None:
        for _ in range(self._most):
            with self._lock:
                if self._enough:
                    return
                try:
                    process = AheadProcess(self._project, self.libraries, self._passed)
                except OSError:
                    # The step that could have been this process tells why, if it cannot start.
                    return
                self._all.append(process)
                self._free.append(process)
            process.wait_until_ready()


class _AheadLaunch:
    """The step that a process has become."""

    def __init__(self, group: ProcessGroup, orders: socket.socket) -> None:
        self._group = group
        self._orders = orders

    def go(self) -> None:
        # It may have ended already, having failed to import: then `wait` tells.
        with contextlib.suppress(OSError):
            self._orders.sendall(GO)

    def wait(self) -> Exit:
        try:
            return Exit(self._group.wait())
        finally:
            # Not before: closed with its answer unread, Linux takes back what it was sent.
            self._orders.close()

    def signal(self, number: int) -> None:
        self._group.signal(number)


class AheadLauncher:
    """Lets a process that was started ahead become the step, and starts it cold if none can."""

    def __init__(self, pool: AheadPool, plan: Plan) -> None:
        """Take over a pool, which `close` ends.

        Args:
            pool: The processes.
            plan: The job.
        """
        self._pool = pool
        self._cold = CommandLauncher()
        # In several steps a library would be there that only another step imports.
        usable = pool.libraries is None or len(plan.steps) == 1
        # A variable of the document could be one that a library reads when it is imported.
        self._fitting = {
            step.name
            for step in plan.steps.values()
            if usable and not (step.environment or step.distribution)
        }
        pool.limit(len(self._fitting))

    def starts_early(self, step: PlannedStep) -> bool:
        """Answer as if the step was started cold."""
        return self._cold.starts_early(step)

    def launch(self, order: LaunchRequest, *, early: bool) -> Launch:
        """Be or start the step; see `Launcher.launch`."""
        argv = literal_arguments(order.command) if order.step in self._fitting else None
        process = None if argv is None else self._pool.take()
        launch = None
        if process is not None and argv is not None:
            launch = process.become(order, argv, early=early)
        return launch or self._cold.launch(order, early=early)

    def close(self) -> None:
        """End the processes."""
        self._pool.close()
