"""Run history and the other services behind the workspace's own API host."""

from __future__ import annotations

from datetime import datetime

from tests.kit.azureml.http.messages import Json, Request, Response
from tests.kit.azureml.http.routes import Route
from tests.kit.azureml.jobs.jobs import Jobs, Run
from tests.kit.azureml.workspace.workspace import ARTIFACT_CONTAINER, Workspace

# Run history spells the types of models in its own way.
_MODEL_TYPES = {
    "mlflow_model": "MLFlowModel",
    "custom_model": "CustomModel",
    "triton_model": "TritonModel",
}
# Where nobody gave an output a name, it is kept as data.
_DATA_OF = dict.fromkeys(_MODEL_TYPES, "uri_folder")


class History:
    """Answers about runs, their logs, outputs and artifacts."""

    def __init__(self, workspace: Workspace, jobs: Jobs) -> None:
        self._workspace = workspace
        self._jobs = jobs

    def routes(self) -> list[Route]:
        """Addresses below ``/history/v1.0<workspace>`` and its like."""
        run = "/runs/([^/]+)"
        by_experiment = f"/experiments/([^/]+){run}"
        return [
            ("GET", f"history{run}", self._run),
            ("GET", f"history{run}/details", self._details),
            ("GET", f"history{run}/children", self._children),
            ("POST", "history/rundata", self._run_data),
            ("GET", f"history{by_experiment}", lambda r, _, name: self._run(r, name)),
            ("GET", f"history{by_experiment}/details", lambda r, _, name: self._details(r, name)),
            ("PATCH", f"history{by_experiment}", self._update),
            ("POST", "data/dataversion/batchGetResolvedUris", self._resolve),
            ("POST", "modelregistry/models/batchGetResolvedUris", self._resolve),
        ]

    def discovery(self) -> Response:
        """Where the workspace's services are."""
        cloud = self._workspace.cloud
        names = ("api", "catalog", "experimentation", "history", "mlflow", "pipelines")
        addresses = dict.fromkeys(names, f"https://{cloud.api}")
        return Response.json({**addresses, "studio": f"https://{cloud.studio}"})

    def _run(self, request: Request, name: str) -> Response:
        run = self._jobs.find(name)
        return _missing(name) if run is None else Response.json(self._run_body(run))

    def _run_body(self, run: Run) -> Json:
        error = None if run.error is None else _error(run.error)
        outputs = {
            name: {
                "assetId": output.get("assetId") or _asset_id(run, name),
                "type": _output_type(output),
            }
            for name, output in run.outputs.items()
        }
        compute = str(run.definition.get("computeId") or "")
        if run.parent is not None and not compute:
            settings = run.parent.definition.get("settings") or {}
            compute = str(settings.get("default_compute") or "")
        return {
            "runId": run.id,
            "rootRunId": run.root.id,
            "parentRunId": run.parent.id if run.parent else None,
            "experimentId": self._workspace.uuid,
            "status": run.status,
            "displayName": run.display_name,
            "description": run.description,
            "tags": run.tags,
            "properties": run.properties,
            "hidden": run.hidden,
            "runType": "azureml.StepRun" if run.parent else "azureml.PipelineRun",
            "compute": {"target": compute.rpartition("/")[2], "targetType": "amlcompute"},
            "createdUtc": _time(run.created),
            "startTimeUtc": _time(run.started),
            "endTimeUtc": _time(run.ended),
            "error": error,
            "warnings": [],
            "outputs": outputs,
            "dataContainerId": f"dcid.{run.id}",
        }

    def _details(self, request: Request, name: str) -> Response:
        run = self._jobs.find(name)
        if run is None:
            return _missing(name)
        storage = self._workspace.storage
        logs = {
            log: storage.blob_url(ARTIFACT_CONTAINER, f"{run.artifacts}/{log}")
            for log in sorted(run.logs)
        }
        return Response.json(
            {
                "runId": run.id,
                "target": None,
                "status": run.status,
                "parentRunId": run.parent.id if run.parent else None,
                "startTimeUtc": _time(run.started),
                "endTimeUtc": _time(run.ended),
                "error": None if run.error is None else _error(run.error),
                "warnings": [],
                "tags": run.tags,
                "properties": run.properties,
                "logFiles": logs,
            }
        )

    def _children(self, request: Request, name: str) -> Response:
        run = self._jobs.find(name)
        if run is None:
            return _missing(name)
        return Response.json({"value": [self._run_body(c) for c in run.children.values()]})

    def _run_data(self, request: Request) -> Response:
        name = str(request.json()["runId"])
        run = self._jobs.find(name)
        if run is None:
            return _missing(name)
        return Response.json({"runMetadata": self._run_body(run)})

    def _update(self, request: Request, experiment: str, name: str) -> Response:
        run = self._jobs.find(name)
        if run is None:
            return _missing(name)
        changes = request.json()
        run.display_name = changes.get("displayName") or run.display_name
        run.description = changes.get("description") or run.description
        run.tags.update(changes.get("tags") or {})
        run.properties.update(changes.get("properties") or {})
        run.hidden = bool(changes.get("hidden", run.hidden))
        return Response.json(self._run_body(run))

    def _resolve(self, request: Request) -> Response:
        values: Json = {}
        for address in request.json()["values"]:
            _, kind, name, _, version = address.rsplit("/", 4)
            asset = self._workspace.assets.get(kind, {}).get(name, {}).get(version)
            if asset is not None and kind == "data":
                values[address] = {"uri": asset["dataUri"], "type": asset["dataType"]}
            elif asset is not None:
                values[address] = {"path": asset["modelUri"], "type": asset["modelType"]}
        return Response.json({"values": values})


def _asset_id(run: Run, output: str) -> str:
    return f"azureml://locations/eastus/data/azureml_{run.id}_output_data_{output}/versions/1"


def _output_type(output: Json) -> str:
    kind = str(output["type"])
    named = "assetId" in output
    return _MODEL_TYPES[kind] if named and kind in _MODEL_TYPES else _DATA_OF.get(kind, kind)


def _error(message: str) -> Json:
    return {
        "error": {
            "code": "UserError",
            "message": message,
            "messageFormat": None,
            "innerError": None,
            "details": [],
        },
        "environment": "eastus",
        "location": "eastus",
    }


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%S.%f") + "0Z"


def _missing(name: str) -> Response:
    return Response.error(404, "UserError", f"Run {name} was not found.")
