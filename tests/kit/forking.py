"""Kedro commands in processes that have imported Kedro and the Azure SDK already.

Importing the SDK takes seconds. One process imports it once, and each command runs in a fork of
that: with variables, a working directory and modules of the project of its own, as from a shell.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path

from tests.kit.projects import REPOSITORY
from tests.kit.shell import environment
from tests.kit.waiting import PATIENCE

# By name, so that no tool takes them for imports without use: a command's process has them already.
_IMPORTED = (
    "kedro_azureml.azure.jobs.download",
    "kedro_azureml.azure.jobs.outcome",
    "kedro_azureml.azure.jobs.watch",
    "kedro_azureml.azure.submit.registration",
    "kedro_azureml.compiler",
    "kedro_azureml.project.loaded",
)

_TICK_SECONDS = 0.02


class ForkServer:
    """The process that has imported everything."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.kit.forking"],
            cwd=REPOSITORY,
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
        )
        self._lock = threading.Lock()

    def run(
        self,
        project: Path,
        arguments: list[str],
        variables: Mapping[str, str],
        on_start: Callable[[int], object] = lambda pid: None,
    ) -> subprocess.CompletedProcess[str]:
        """Run ``kedro ...`` with these variables and no others; several may run at a time.

        Args:
            project: The working directory.
            arguments: What follows ``kedro``.
            variables: The variables.
            on_start: Is called with the id of its process, which may be killed.
        """
        assert self._process.stdin is not None
        with tempfile.TemporaryDirectory() as folder:
            order = {
                "arguments": arguments,
                "cwd": str(project),
                "variables": dict(variables),
                "folder": folder,
            }
            with self._lock:
                self._process.stdin.write(json.dumps(order) + "\n")
                self._process.stdin.flush()
            self._wait_for(Path(folder, "pid"))
            pid = int(Path(folder, "pid").read_text())
            on_start(pid)
            end = Path(folder, "code")
            killed = not self._wait_for(end, pid)
            texts = [Path(folder, name).read_text("utf-8", "replace") for name in ("out", "err")]
            code = -signal.SIGKILL if killed else int(end.read_text())
        return subprocess.CompletedProcess(["kedro", *arguments], code, *texts)

    def _wait_for(self, file: Path, pid: int | None = None) -> bool:
        """Wait until a command has written a file; False if its process has gone without that."""
        while not file.exists():
            assert self._process.poll() is None, "the process that runs commands is gone"
            if pid is not None and not _is_alive(pid):
                return file.exists()
            time.sleep(_TICK_SECONDS)
        return True

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(PATIENCE)


def _serve() -> None:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for module in _IMPORTED:
            import_module(module)

    # Nobody asks how a command's process ended: it writes that down itself.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        order = json.loads(line)
        if os.fork() == 0:
            _run(order)


def _run(order: dict[str, object]) -> None:
    """Be the command; never returns."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    # Whatever started the tests may ignore it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    folder = Path(str(order["folder"]))
    _write(folder / "pid", os.getpid())
    for number, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.environ.clear()
    os.environ.update(order["variables"])  # type: ignore[call-overload]
    os.chdir(str(order["cwd"]))
    sys.path[0] = ""
    sys.argv = ["kedro", *order["arguments"]]  # type: ignore[misc]
    code = 1
    try:
        from kedro.framework.cli import main

        main()
        code = 0
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else int(error.code is not None)
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        _write(folder / "code", code)
        os._exit(code)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _write(file: Path, number: int) -> None:
    """Write a number whole or not at all."""
    partial = file.with_suffix(".partial")
    partial.write_text(str(number))
    partial.rename(file)


if __name__ == "__main__":
    _serve()
