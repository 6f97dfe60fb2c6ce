"""Submissions, watches and downloads in forks of one process, whose clock runs fast.

Each is the function that the command calls, in a process of its own. Pauses between attempts, which
would take minutes, take a hundredth: `time.sleep` and the transport's own delays are shortened.
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
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import yaml

from tests.kit.projects import REPOSITORY
from tests.kit.shell import environment

_IMPORTED = (
    "kedro_azureml.azure.jobs.download",
    "kedro_azureml.azure.jobs.watch",
    "kedro_azureml.azure.submit.submit",
)
_FASTER = 100.0
_TICK_SECONDS = 0.01
#: After so long an action is taken to hang.
LONGEST = 240.0


class Client:
    """The process that has imported everything."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.kit.client"],
            cwd=REPOSITORY,
            env=environment(),
            stdin=subprocess.PIPE,
            text=True,
        )
        self._lock = threading.Lock()

    def run(
        self, action: str, project: Path, variables: Mapping[str, str], job: str = ""
    ) -> dict[str, Any]:
        """Do something in a fork: ``submit``, ``watch`` or ``download``.

        Returns:
            ``job`` and ``status``, or ``findings``: the code and the message of each.
        """
        assert self._process.stdin is not None
        with tempfile.TemporaryDirectory() as folder:
            end = Path(folder, "outcome.json")
            order = {
                "action": action,
                "project": str(project),
                "job": job,
                "variables": environment(**variables),
                "end": str(end),
            }
            with self._lock:
                self._process.stdin.write(json.dumps(order) + "\n")
                self._process.stdin.flush()
            deadline = time.monotonic() + LONGEST
            while not end.exists():
                if time.monotonic() > deadline:
                    return {"findings": [["HANGS", f"nothing came back in {LONGEST} s"]]}
                time.sleep(_TICK_SECONDS)
            outcome: dict[str, Any] = json.loads(end.read_text())
            return outcome

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(LONGEST)


def _serve() -> None:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for module in _IMPORTED:
            import_module(module)
        from kedro_azureml.azure.connect import transport
    transport._FIRST_DELAY, transport._LONGEST_DELAY = 0.01, 0.1
    sleep = time.sleep
    time.sleep = lambda seconds: sleep(float(seconds) / _FASTER)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        order = json.loads(line)
        if os.fork() == 0:
            _run(order)


def _run(order: dict[str, Any]) -> None:
    """Do what is asked; never returns."""
    from kedro_azureml.diagnostics import DiagnosticError

    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.environ.clear()
    os.environ.update(order["variables"])
    os.chdir(order["project"])
    tempfile.tempdir = None
    try:
        outcome = _ACTIONS[order["action"]](Path(order["project"]), order["job"])
    except DiagnosticError as error:
        outcome = {"findings": [[d.code, d.message] for d in error.diagnostics]}
    except BaseException as error:
        outcome = {"findings": [["RAISED", f"{type(error).__name__}: {error}"]]}
    finally:
        end = Path(order["end"])
        end.with_suffix(".partial").write_text(json.dumps(outcome))
        end.with_suffix(".partial").rename(end)
        os._exit(0)


def _connection(project: Path) -> Any:
    from kedro_azureml.azure.connect.client import open_workspace

    return open_workspace(_target(project)[1])


def _target(project: Path) -> Any:
    from kedro_azureml.azure.connect.target import find_target
    from kedro_azureml.config import AzureMLConfig

    text = (project / "conf/base/azureml.yml").read_text()
    config = AzureMLConfig.model_validate(yaml.safe_load(text))
    return config, find_target(config, None)


def _submit(project: Path, job: str) -> dict[str, Any]:
    from kedro_azureml.azure.submit.submit import submit
    from kedro_azureml.job.yaml import load_job

    config, target = _target(project)
    submitted = submit(load_job(project / "pipeline.yml"), project, config, target)
    return {"job": submitted.name}


def _watch(project: Path, job: str) -> dict[str, Any]:
    from kedro_azureml.azure.jobs.watch import watch
    from kedro_azureml.job.run.progress import NoProgress

    run = watch(_connection(project), job, NoProgress(), follow_logs=True, seconds=0.5)
    return {"job": run.name, "status": run.status}


def _download(project: Path, job: str) -> dict[str, Any]:
    from kedro_azureml.azure.jobs.download import download

    done = download(_connection(project), job, [], project, output=project / "fetched")
    return {"job": job, "files": sorted(path.name for path in done.files)}


_ACTIONS = {"submit": _submit, "watch": _watch, "download": _download}


if __name__ == "__main__":
    _serve()
