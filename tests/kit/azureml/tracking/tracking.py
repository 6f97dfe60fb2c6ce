"""The workspace's MLflow: requests go on to a real server, and every run of a job is one there.

A run of the server gets the name that the job or step has in Azure ML; the service makes it when
the job or step starts, and says how it ended. Artifacts lie in a folder of this machine.
"""

from __future__ import annotations

import http.client
import json
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from tests.kit.azureml.http.messages import Json, Request, Response
from tests.kit.azureml.http.routes import Route, unknown
from tests.kit.azureml.tracking.server import MlflowServer

if TYPE_CHECKING:
    from tests.kit.azureml.jobs.jobs import Run

_API = "/api/2.0/mlflow"
_PASSED_ON = ("content-type", "accept", "user-agent")
_ENDS = {"Completed": "FINISHED", "Failed": "FAILED", "Canceled": "KILLED"}


class Tracking:
    """Answers for MLflow, once a test has started it.

    Attributes:
        server: The server; None until it is started.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.server: MlflowServer | None = None

    def start(self) -> MlflowServer:
        """Start the server; the test is skipped where mlflow is not installed."""
        if self.server is None:
            self.server = MlflowServer(self._folder)
        return self.server

    def stop(self) -> None:
        """End the server, and with it all that it knows."""
        if self.server is not None:
            self.server.stop()
            self.server = None

    def routes(self) -> list[Route]:
        """Addresses below ``/mlflow/v1.0<workspace>``, as azureml-mlflow asks for them."""
        path = "mlflow(/api/.+)"
        return [(method, path, self._pass_on) for method in ("GET", "POST", "PATCH", "DELETE")]

    def _pass_on(self, request: Request, path: str) -> Response:
        if self.server is None:
            return unknown(request)
        query = request.target.partition("?")[2]
        headers = {name: request.headers[name] for name in _PASSED_ON if name in request.headers}
        return self._send(
            request.method, f"{path}?{query}" if query else path, request.body, headers
        )

    def _send(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Response:
        assert self.server is not None
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        try:
            connection.request(method, path, body or None, headers)
            answer = connection.getresponse()
            kind = answer.getheader("Content-Type") or "application/json"
            return Response(answer.status, answer.read(), {"Content-Type": kind})
        finally:
            connection.close()

    def call(self, path: str, body: Json) -> Json:
        """Ask the server for something itself; a missing thing is an empty answer."""
        headers = {"content-type": "application/json"}
        answer = self._send("POST", f"{_API}/{path}", json.dumps(body).encode(), headers)
        if answer.status not in (200, 400, 404):
            raise RuntimeError(f"mlflow {path}: {answer.status} {answer.body!r}")
        found: Json = json.loads(answer.body)
        return found if answer.status == 200 else {}

    def get(self, path: str) -> Json:
        """Read something from the server; a missing thing is an empty answer."""
        answer = self._send("GET", f"{_API}/{path}", b"", {})
        found: Json = json.loads(answer.body)
        return found if answer.status == 200 else {}

    def begin(self, run: Run) -> None:
        """Make a run's counterpart: the pipeline job's own, or a step's below it."""
        if self.server is None or self.run(run.id):
            return
        tags = {
            "mlflow.runName": run.display_name or run.id,
            "mlflow.user": "Test",
            "azureml.runType": "azureml.StepRun" if run.parent else "azureml.PipelineRun",
            "mlflow.rootRunId": run.root.id,
        }
        if run.parent is not None:
            tags["mlflow.parentRunId"] = run.parent.id
        made = self.call(
            "runs/create",
            {
                "experiment_id": self.experiment(run.experiment),
                "run_name": run.display_name or run.id,
                "start_time": int(time.time() * 1000),
                "tags": [{"key": key, "value": value} for key, value in tags.items()],
            },
        )
        self._rename(made["run"]["info"]["run_id"], run.id)

    def end(self, run: Run, status: str) -> None:
        """Say how a run ends, if this is an end, whatever it said itself."""
        if self.server is not None and status in _ENDS:
            moment = int(time.time() * 1000)
            body = {"run_id": run.id, "status": _ENDS[status], "end_time": moment}
            self.call("runs/update", body)

    def experiment(self, name: str) -> str:
        """The id of an experiment, made when it is missing."""
        made = self.call("experiments/create", {"name": name})
        if made:
            return str(made["experiment_id"])
        headers = {"content-type": "application/json"}
        body = json.dumps({"filter": f"name = '{name}'", "max_results": 1}).encode()
        found = json.loads(self._send("POST", f"{_API}/experiments/search", body, headers).body)
        return str(found["experiments"][0]["experiment_id"])

    def run(self, name: str) -> Json:
        """What the server knows of a run: its info and its data; empty if there is none."""
        if self.server is None:
            return {}
        found: Json = self.get(f"runs/get?run_id={name}").get("run", {})
        return found

    def metrics(self, name: str) -> dict[str, float]:
        """The newest value of each metric of a run."""
        found = self.run(name).get("data", {}).get("metrics", [])
        return {metric["key"]: float(metric["value"]) for metric in found}

    def tags(self, name: str) -> dict[str, str]:
        """The tags of a run."""
        found = self.run(name).get("data", {}).get("tags", [])
        return {tag["key"]: tag["value"] for tag in found}

    def variables(self, run: Run, uri: str, token: str) -> dict[str, str]:
        """What the process of a step finds, so that MLflow joins its run."""
        if self.server is None:
            return {}
        experiment = self.experiment(run.experiment)
        return {
            "MLFLOW_TRACKING_URI": uri,
            "MLFLOW_TRACKING_TOKEN": token,
            "MLFLOW_RUN_ID": run.id,
            "MLFLOW_EXPERIMENT_ID": experiment,
            "MLFLOW_EXPERIMENT_NAME": run.experiment,
            "AZUREML_EXPERIMENT_ID": experiment,
            "MLFLOW_DISABLE_TELEMETRY": "true",
        }

    def _rename(self, made: str, name: str) -> None:
        """Give a run the name that Azure ML has for it: MLflow's own interface cannot."""
        assert self.server is not None
        with closing(sqlite3.connect(self.server.store, timeout=60)) as store, store:
            for table in ("tags", "runs"):
                store.execute(f"UPDATE {table} SET run_uuid = ? WHERE run_uuid = ?", (name, made))
            store.execute(
                "UPDATE runs SET artifact_uri = replace(artifact_uri, ?, ?) WHERE run_uuid = ?",
                (made, name, name),
            )
