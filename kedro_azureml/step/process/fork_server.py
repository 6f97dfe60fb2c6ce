"""``python -m kedro_azureml.step --fork-server``: what a rehearsal forks its steps from.

It has imported Kedro and this package, and nothing of the project (or, for ``--warm``, the project
as well), so that a step does not have to. A fork then becomes the step: it has a session, log,
folder, variables and random numbers of its own, and imports the rest. Whatever could make one of
the imports here another one in the step makes that step start anew, see
`kedro_azureml.step.process.fork`.

Requests are read from a descriptor, one JSON object a line:

- ``{"modules": [name, ...], "datasets": [type, ...]}``: import these for the steps that will, see
  `kedro_azureml.step.process.ready_libraries`.
- ``{"prepare": [argv, ...]}``, with ``--warm``: import the datasets of these steps.
- ``{"id", "argv", "env", "cwd", "log", "mark", "early"}``: fork a step, which waits for
  ``{"go": id}``: an early one when its project is imported. So none runs of which nobody knows.

They are answered through another one: ``{"id", "pid"}`` when a step is there, ``{"id", "failed"}``
if there can be none, and ``{"id", "code"}`` (negative for a signal) when it has ended. The end of
the requests ends this process and its steps.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import inspect
import json
import linecache
import logging
import os
import select
import signal
import sys
import warnings
from collections.abc import Collection, Iterator
from importlib.metadata import entry_points
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NoReturn

from kedro_azureml.job.step_record import StepRecord
from kedro_azureml.process_exit import freeze
from kedro_azureml.step.main import configure_logging, leave_telemetry_out
from kedro_azureml.step.process import fork
from kedro_azureml.step.process.fork import ForkRequest, ImportedProject, become
from kedro_azureml.step.process.ready_libraries import ReadyLibraries
from kedro_azureml.step.process.start import GO

_CHUNK = 1 << 16
# What every step imports, of Kedro and of this package. It reads no file of a project, but for
# Kedro's logging, which each step configures anew (`kedro_azureml.step.main`), and of the variables
# only those that `kedro_azureml.step.process.fork` names.
_FRAMEWORK = ("kedro_azureml.step.session.session", "kedro_azureml.datasets.stored")
_ON_THE_STACK = ("dynaconf",)
_NO_LOGGING = "no_logging.yml"


def serve(arguments: list[str]) -> tuple[list[str], Collection[str]]:
    """Fork a process for each request.

    Args:
        arguments: The descriptor of the requests, that of the answers, and the project's root if
            it is to be imported.

    Returns:
        In each fork: the step's arguments, and the modules that it has from the server.

    Raises:
        SystemExit: In the server itself, at the end of the requests.
    """
    requests, answers, *project = arguments
    # As each step does while it imports, which then lets the collector work again.
    gc.disable()
    server = _Server(int(requests), int(answers))
    _import_framework()
    if project:
        server.import_project(Path(project[0]))
    server.settle()
    return server.run(), server.imported


class _Server:
    """Forks a process for each request and reports its end."""

    def __init__(self, requests: int, answers: int) -> None:
        self._requests = requests
        self._answers = answers
        self._project: ImportedProject | None = None
        self._libraries = ReadyLibraries()
        self.imported: frozenset[str] = frozenset()
        self._unread = b""
        self._ids: dict[int, int] = {}
        self._gates: dict[int, int] = {}
        self._woken, self._wake = os.pipe()
        for descriptor in (self._woken, self._wake):
            os.set_blocking(descriptor, False)
        # Also in a process that the project forks while it is imported: else nobody could see the
        # end of this one.
        self._private = {requests, answers, self._woken, self._wake}
        os.register_at_fork(after_in_child=self._close_what_is_private)

    def import_project(self, root: Path) -> None:
        """Import the project, and remember what it sets in the environment."""
        before = dict(os.environ)
        _import_project(root)
        changed = {name: value for name, value in os.environ.items() if before.get(name) != value}
        # Kedro itself sets this, for the folder of the code.
        changed.pop("PYTHONPATH", None)
        self._project = ImportedProject(root, changed)

    def settle(self) -> None:
        """Take what is imported by now for what all forks share: no collection shall touch it."""
        root = f"{self._project.root}/" if self._project else None
        self.imported = frozenset(
            name
            for name, module in list(sys.modules.items())
            if not (root and str(getattr(module, "__file__", "")).startswith(root))
        )
        self.imported |= self._libraries.names
        # Kedro's settings look at the stack in each step, and Python then for the file of each
        # module, and for the source of what is on it, that it has not been asked for yet.
        inspect.stack()
        for name in self.imported:
            if name.partition(".")[0] in _ON_THE_STACK and name in sys.modules:
                linecache.getlines(sys.modules[name].__file__ or "")
        freeze()

    def run(self) -> list[str]:
        """Serve until there are no more requests; in a fork, return the step's arguments."""
        signal.set_wakeup_fd(self._wake)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        while True:
            ready, _, _ = select.select([self._requests, self._woken], [], [])
            if self._woken in ready:
                os.read(self._woken, _CHUNK)
                self._report_ends()
            if self._requests in ready:
                for request in self._read():
                    if (step := self._do(request)) is not None:
                        return step

    def _do(self, request: dict[str, Any]) -> list[str] | None:
        if "prepare" in request:
            _import_datasets(request["prepare"])
            self.settle()
        elif "modules" in request:
            with _noted_loggers():
                self._libraries.add(request["modules"], request["datasets"])
            fork.has_libraries = True
            self.settle()
        elif "go" in request:
            if (gate := self._gates.pop(request["go"], None)) is not None:
                # It may have ended already, having failed to import.
                with contextlib.suppress(BrokenPipeError):
                    os.write(gate, GO)
                self._close(gate)
        else:
            return self._fork(ForkRequest(**request))
        return None

    def _read(self) -> list[dict[str, Any]]:
        chunk = os.read(self._requests, _CHUNK)
        if not chunk:
            self._end()
        *lines, self._unread = (self._unread + chunk).split(b"\n")
        return [json.loads(line) for line in lines]

    def _fork(self, request: ForkRequest) -> list[str] | None:
        gate, writer = os.pipe()
        self._private.add(writer)
        sys.stdout.flush()
        sys.stderr.flush()
        with warnings.catch_warnings():
            # Python warns of threads, such as those that NumPy's BLAS keeps and takes care of.
            warnings.simplefilter("ignore", DeprecationWarning)
            try:
                number = os.fork()
            except OSError:
                # Whoever starts the step in another way learns why that does not work either.
                os.close(gate)
                self._close(writer)
                self._answer({"id": request.id, "failed": 1})
                return None
        if number == 0:
            return become(request, gate, self.imported, self._project)
        os.close(gate)
        self._gates[request.id] = writer
        self._ids[number] = request.id
        self._answer({"id": request.id, "pid": number})
        return None

    def _answer(self, answer: dict[str, int]) -> None:
        data = (json.dumps(answer) + "\n").encode()
        while data:
            data = data[os.write(self._answers, data) :]

    def _report_ends(self) -> None:
        while self._ids:
            ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            if ended is None:
                return
            # Not reaped yet, the number is still that of its group and nobody else's.
            _kill_group(ended.si_pid)
            _, status = os.waitpid(ended.si_pid, 0)
            number = self._ids.pop(ended.si_pid, None)
            if number is not None:
                if (gate := self._gates.pop(number, None)) is not None:
                    self._close(gate)
                self._answer({"id": number, "code": os.waitstatus_to_exitcode(status)})

    def _close(self, descriptor: int) -> None:
        self._private.discard(descriptor)
        os.close(descriptor)

    def _close_what_is_private(self) -> None:
        """Leave nothing of the server's in a process that was forked from it."""
        if self._private:
            # Before the descriptor goes that Python would write to.
            with contextlib.suppress(ValueError):
                signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        while self._private:
            os.close(self._private.pop())

    def _end(self) -> NoReturn:
        for number in self._ids:
            _kill_group(number)
        sys.exit()


def _kill_group(number: int) -> None:
    # A fork makes its group itself: until then there is only the process.
    for kill in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            kill(number, signal.SIGKILL)
            return


def _import_framework() -> None:
    """Import what every step does, and leave Kedro's logging to the steps."""
    leave_telemetry_out()
    before = os.environ.get("KEDRO_LOGGING_CONFIG")
    os.environ["KEDRO_LOGGING_CONFIG"] = str(files(__package__) / _NO_LOGGING)
    for module in _FRAMEWORK:
        importlib.import_module(module)
    if find_spec("kedro.validation"):
        # Later versions of Kedro look whether a parameter's type is a model.
        importlib.import_module("pydantic.main")
    # Kedro looks for pandas, NumPy and ibis whenever it keeps something in memory, as it keeps the
    # parameters of every step.
    from kedro.io import MemoryDataset

    with _noted_loggers():
        MemoryDataset(0)
    del os.environ["KEDRO_LOGGING_CONFIG"]
    if before is not None:
        os.environ["KEDRO_LOGGING_CONFIG"] = before


@contextlib.contextmanager
def _noted_loggers() -> Iterator[None]:
    """Note which loggers come with libraries."""
    before = set(logging.root.manager.loggerDict)
    yield
    fork.loggers_of_libraries |= set(logging.root.manager.loggerDict) - before


def _import_project(root: Path) -> None:
    """Import the pipelines, and the plugins whose hooks every session loads."""
    os.chdir(root)
    sys.path[0] = str(root)
    configure_logging(root)
    from kedro.framework.project import pipelines
    from kedro.framework.startup import bootstrap_project

    bootstrap_project(root)
    list(pipelines)
    for plugin in entry_points(group="kedro.hooks"):
        plugin.load()


def _import_datasets(steps: list[list[str]]) -> None:
    """Import the libraries of the datasets of steps, whose arguments these are."""
    from kedro_azureml.step.session.session import PreparedStep

    records = [StepRecord.from_arguments(words) for words in steps]
    # One load for all steps of a pipeline: what it finds is thrown away, what it imports stays.
    nodes: dict[tuple[str, str | None], dict[str, None]] = {}
    for record in records:
        nodes.setdefault((record.pipeline, record.env), {}).update(dict.fromkeys(record.nodes))
    for (pipeline, env), names in nodes.items():
        parameters = next((r.parameters for r in records if r.pipeline == pipeline), {})
        every = StepRecord(pipeline, tuple(names), env=env, parameters=parameters)
        PreparedStep.load(every, Path.cwd(), early=True)
