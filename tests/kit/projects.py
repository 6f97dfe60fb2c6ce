"""Copies of the test projects, and Kedro run in them as a person's shell would."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[2]
PROJECTS = REPOSITORY / "tests" / "projects"
STARTER = "azureml-spaceflights"

#: What `kedro azureml init` of the older quickstart was given; data passing through the pipeline
#: needs no storage account.
INIT_OPTIONS = (
    *("--subscription-id", "00000000-0000-0000-0000-000000000000"),
    *("--resource-group", "a-group"),
    *("--workspace-name", "a-workspace"),
    *("--experiment-name", "an-experiment"),
    *("--cluster-name", "a-cluster"),
    *("--environment-name", "an-environment@latest"),
    "--use-pipeline-data-passing",
)

_STEERING = ("AZURE_", "AZUREML_", "KEDRO_", "MLFLOW_")


def copy_project(name: str, destination: Path) -> Path:
    """Copy ``tests/projects/<name>`` to the new folder `destination`, and return that.

    ``dot-gitignore`` becomes ``.gitignore`` (in the repository it would hide the project's own
    data), and the project claims to be made with the installed Kedro, which Kedro checks.
    """
    shutil.copytree(
        PROJECTS / name,
        destination,
        ignore=shutil.ignore_patterns("__pycache__", ".kedro_azureml", "*.pyc"),
    )
    ignore_file = destination / "dot-gitignore"
    if ignore_file.is_file():
        ignore_file.rename(destination / ".gitignore")
    settings = destination / "pyproject.toml"
    claim = f'kedro_init_version = "{version("kedro")}"'
    text, count = re.subn(
        r'^kedro_init_version = ".*"$', claim, settings.read_text(encoding="utf-8"), flags=re.M
    )
    assert count == 1, f"{settings} does not say kedro_init_version once"
    settings.write_text(text, encoding="utf-8")
    return destination


def new_starter_project(folder: Path, name: str = "Demo Flights") -> Path:
    """``kedro new --starter=azureml-spaceflights`` in `folder`; the path of the new project."""
    run_kedro(folder, "new", f"--starter={STARTER}", f"--name={name}")
    return folder / name.lower().replace(" ", "-")


def kedro_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment without what would steer Kedro or Azure, plus `extra`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_STEERING)}
    fixed = {"DO_NOT_TRACK": "1", "PYTHONUTF8": "1", "COLUMNS": "200", "NO_COLOR": "1"}
    return {**kept, **fixed, **(extra or {})}


def run_kedro(
    project: Path,
    *args: str,
    env: Mapping[str, str] | None = None,
    check: bool = True,
    timeout: float = 600,
) -> subprocess.CompletedProcess[str]:
    """Run ``python -m kedro <args>`` in `project`, without a terminal.

    Args:
        project: The working directory.
        args: What follows ``kedro``.
        env: Environment variables to add.
        check: Fail the test, with the command's output, if the command fails.
        timeout: Seconds until the command is given up.
    """
    done = subprocess.run(
        [sys.executable, "-m", "kedro", *args],
        cwd=project,
        env=kedro_environment(env),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        timeout=timeout,
        check=False,
    )
    if check and done.returncode:
        raise AssertionError(
            f"`kedro {' '.join(args)}` exits with {done.returncode}\n"
            f"--- its last output ---\n{done.stdout[-6000:]}\n"
            f"--- and errors ---\n{done.stderr[-6000:]}"
        )
    return done


@dataclass
class RestServer:
    """What `rest_server` serves: JSON documents by path, and each request as ``PUT /path``."""

    url: str
    documents: dict[str, Any] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)


@contextmanager
def rest_server(token: str) -> Iterator[RestServer]:
    """A store of JSON documents on the loopback interface, for the ``remote`` pipeline of `odd`.

    A PUT stores, a GET answers what was stored or 404; both need `token`, or the answer is 401.
    """

    class Handler(BaseHTTPRequestHandler):
        def _answer(self, status: int, body: bytes = b"") -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def _allowed(self) -> bool:
            store.requests.append(f"{self.command} {self.path}")
            return self.headers.get("Authorization") == f"Bearer {token}"

        def do_GET(self) -> None:
            if not self._allowed():
                self._answer(401)
            elif self.path not in store.documents:
                self._answer(404)
            else:
                self._answer(200, json.dumps(store.documents[self.path]).encode())

        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if not self._allowed():
                self._answer(401)
            else:
                store.documents[self.path] = json.loads(body)
                self._answer(204)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing on the tests' standard error."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    store = RestServer(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield store
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
