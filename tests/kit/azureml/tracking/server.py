"""A real `mlflow server` on this machine, its store an SQLite file that was prepared once."""

from __future__ import annotations

import fcntl
import http.client
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

from tests.kit.azureml.blobs.azurite import cache_folder
from tests.kit.mlflow_environment import mlflow_program

START_SECONDS = 180
_SILENT = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
_PREPARE = """
import sys
from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore
SqlAlchemyStore(f"sqlite:///{sys.argv[1]}", sys.argv[2])
"""


def prepared_store() -> Path:
    """An empty store. Making the tables takes many seconds, copying the file takes none."""
    version = next((mlflow_program().parents[1] / "lib").glob("*/site-packages/mlflow-*.dist-info"))
    cache = cache_folder()
    cache.mkdir(parents=True, exist_ok=True)
    store = cache / f"{version.stem}.db"
    with (cache / "lock-mlflow").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not store.exists():
            partial = store.with_suffix(".part")
            partial.unlink(missing_ok=True)
            subprocess.run(
                [mlflow_program(), "-c", _PREPARE, str(partial), str(cache / "artifacts")],
                check=True,
                capture_output=True,
                env={**os.environ, **_SILENT},
            )
            partial.rename(store)
    return store


class MlflowServer:
    """The server, from its start to `stop`."""

    def __init__(self, folder: Path) -> None:
        """Start it and wait until it answers.

        Args:
            folder: For the store, the artifacts and the log.
        """
        folder.mkdir(parents=True)
        self.store = folder / "mlflow.db"
        self.artifacts = folder / "artifacts"
        shutil.copyfile(prepared_store(), self.store)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        command = [
            *(str(mlflow_program("mlflow")), "server", "--workers", "1"),
            *("--backend-store-uri", f"sqlite:///{self.store}", "--no-serve-artifacts"),
            *("--default-artifact-root", str(self.artifacts)),
            *("--host", "127.0.0.1", "--port", str(self.port)),
        ]
        log = folder / "server.log"
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                command,
                cwd=folder,
                env={**os.environ, **_SILENT},
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            self._wait_until_up(log)
        except BaseException:
            self.stop()
            raise

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def stop(self) -> None:
        """End it with all its workers."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def _wait_until_up(self, log: Path) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"mlflow did not start:\n{log.read_text(errors='replace')}")
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
            try:
                connection.request("GET", "/health")
                if connection.getresponse().status == 200:
                    return
            except OSError:
                time.sleep(0.1)
            finally:
                connection.close()
