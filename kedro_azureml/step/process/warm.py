"""Steps forked from a process that has imported the project: ``python -m`` this module.

For ``kedro azureml run --local --warm`` only, on Linux. The process imports what the steps need and
executes none of it; each step is then a fork of it. Forking can pass what fails on Azure ML: a
variable that a library reads when it is imported has the value of this process, the hash seed is
the same in every step, and a module that another step needs is there already. That is why it has to
be asked for, and why a fork reseeds `random` and NumPy and has its own session and environment.

It imports the project's pipelines at once, perhaps before anyone knows the steps. Then it reads
requests, one JSON object a line, from a descriptor given as argument. ``{"prepare": [argv, ...]}``
makes it import the datasets of these steps. ``{"id", "argv", "env", "cwd", "log"}`` makes it fork a
step, answered on the other descriptor by ``{"id", "pid"}`` and, when that process has ended, by
``{"id", "code"}`` (negative for a signal). The end of the requests ends this process.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import random
import selectors
import signal
import sys
import warnings
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from kedro_azureml.job.step_record import StepRecord
from kedro_azureml.step.main import choose_logging, leave_telemetry_out, main
from kedro_azureml.step.process.becoming import become

_CHUNK = 1 << 16


def serve(requests: int, answers: int) -> int:
    """Answer requests until there are no more.

    Args:
        requests: Descriptor to read from.
        answers: Descriptor to write to.

    Returns:
        The exit code: this process's, and in a fork the step's.
    """
    # Collecting garbage while everything is imported costs more than it finds.
    gc.disable()
    server = _Server(requests, answers)
    _import_project(Path.cwd())
    return server.run()


class _Server:
    """Forks a process for each request and reports its end."""

    def __init__(self, requests: int, answers: int) -> None:
        self._requests = requests
        self._answers = answers
        self._unread = b""
        self._pending: list[dict[str, Any]] = []
        self._root = Path.cwd()
        self._ids: dict[int, int] = {}
        self._woken, wake = os.pipe()
        for descriptor in (self._woken, wake):
            os.set_blocking(descriptor, False)
        self._wake = wake

    def run(self) -> int:
        """Serve; in a fork, run the step and return its exit code."""
        signal.set_wakeup_fd(self._wake)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        selector = selectors.DefaultSelector()
        selector.register(self._requests, selectors.EVENT_READ)
        selector.register(self._woken, selectors.EVENT_READ)
        while True:
            while self._pending:
                request = self._pending.pop(0)
                if "prepare" in request:
                    records = [StepRecord.from_arguments(words) for words in request["prepare"]]
                    _import_datasets(records, self._root)
                    # What is there now is shared with all forks: no collection shall touch it.
                    gc.freeze()
                elif self._fork(request) == 0:
                    selector.close()
                    return self._be_step(request)
            for key, _ in selector.select():
                if key.fd == self._woken:
                    os.read(self._woken, _CHUNK)
                    self._report_ends()
                elif not self._read():
                    return 0

    def _read(self) -> bool:
        """Take in what there is to read; False at the end."""
        chunk = os.read(self._requests, _CHUNK)
        *lines, self._unread = (self._unread + chunk).split(b"\n")
        self._pending += [json.loads(line) for line in lines]
        return bool(chunk)

    def _answer(self, answer: dict[str, Any]) -> None:
        data = (json.dumps(answer) + "\n").encode()
        while data:
            data = data[os.write(self._answers, data) :]

    def _fork(self, request: dict[str, Any]) -> int:
        sys.stdout.flush()
        sys.stderr.flush()
        with warnings.catch_warnings():
            # Python warns of threads, such as those that NumPy's BLAS keeps and takes care of.
            warnings.simplefilter("ignore", DeprecationWarning)
            number = os.fork()
        if number:
            self._ids[number] = request["id"]
            self._answer({"id": request["id"], "pid": number})
        return number

    def _report_ends(self) -> None:
        while self._ids:
            ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            if ended is None:
                return
            # Not reaped yet, the number is still that of its group and nobody else's.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(ended.si_pid, signal.SIGKILL)
            _, status = os.waitpid(ended.si_pid, 0)
            number = self._ids.pop(ended.si_pid, None)
            if number is not None:
                self._answer({"id": number, "code": os.waitstatus_to_exitcode(status)})

    def _be_step(self, request: dict[str, Any]) -> int:
        """Become a step's process: its session, files, environment, folder and luck."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        for descriptor in (self._requests, self._answers, self._woken, self._wake):
            os.close(descriptor)
        become(request["argv"], request["cwd"], request["env"], request["log"])
        _import_from(self._root, Path(request["cwd"]))
        random.seed()
        if "numpy" in sys.modules:
            sys.modules["numpy"].random.seed()
        gc.enable()
        return main(request["argv"])


def _import_project(root: Path) -> None:
    """Import the pipelines, and the plugins whose hooks every session loads."""
    leave_telemetry_out()
    choose_logging(root)
    from kedro.framework.project import pipelines
    from kedro.framework.startup import bootstrap_project

    bootstrap_project(root)
    list(pipelines)
    for plugin in entry_points(group="kedro.hooks"):
        plugin.load()


def _import_datasets(steps: list[StepRecord], root: Path) -> None:
    """Import the libraries of the steps' datasets."""
    from kedro_azureml.step.session.session import PreparedStep

    # One load for all steps of a pipeline: what it finds is thrown away, what it imports stays.
    nodes: dict[tuple[str, str | None], dict[str, None]] = {}
    for step in steps:
        nodes.setdefault((step.pipeline, step.env), {}).update(dict.fromkeys(step.nodes))
    for (pipeline, env), names in nodes.items():
        parameters = next((s.parameters for s in steps if s.pipeline == pipeline), {})
        every = StepRecord(pipeline, tuple(names), env=env, parameters=parameters)
        PreparedStep.load(every, root, early=True)


def _import_from(old: Path, new: Path) -> None:
    """Import from the step's own copy of the project from now on."""
    sys.path = [
        str(new / Path(place).relative_to(old)) if Path(place).is_relative_to(old) else place
        for place in sys.path
    ]
    importlib.invalidate_caches()


if __name__ == "__main__":
    sys.exit(serve(int(sys.argv[1]), int(sys.argv[2])))
