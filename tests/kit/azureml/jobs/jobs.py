"""Jobs: what was submitted, how it stands, and what Azure Resource Manager says of it."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timezone

from tests.kit.azureml.access.login import claims_of
from tests.kit.azureml.http.messages import Json, Request, Response
from tests.kit.azureml.http.routes import Route
from tests.kit.azureml.jobs.checks import problem_of
from tests.kit.azureml.workspace.assets import Assets
from tests.kit.azureml.workspace.workspace import Workspace

# Azure ML's words, in the order in which a job goes through them.
STATUSES = ("NotStarted", "Preparing", "Queued", "Running", "Finalizing")
ENDED = ("Completed", "Failed", "Canceled")

SAME_NAME = (
    "A job with this name already exists. If you are trying to create a new job, use a different "
    "name. If you are trying to update an existing job, only the description, tags, display name "
    "and properties can be changed."
)


@dataclass
class Run:
    """A job, or one step of a pipeline job, as run history knows it.

    Attributes:
        id: The job's name; for a step, what Azure ML calls it.
        definition: The job's properties as submitted, or the step's node.
        parent: The pipeline job, for a step.
        step: The step's key in the job, for a step.
        outputs: By name, where an output lies ("uri") and what it is ("type").
        logs: Names of the logs in the run's artifacts.
        submitter: The object id of whoever submitted it.
        schedule: The name of the schedule that triggered it.
    """

    id: str
    definition: Json
    experiment: str
    parent: Run | None = None
    step: str | None = None
    status: str = "NotStarted"
    display_name: str | None = None
    description: str | None = None
    tags: dict[str, str] = field(default_factory=dict)
    properties: dict[str, str] = field(default_factory=dict)
    children: dict[str, Run] = field(default_factory=dict)
    outputs: dict[str, Json] = field(default_factory=dict)
    logs: list[str] = field(default_factory=list)
    submitter: str = ""
    schedule: str | None = None
    error: str | None = None
    hidden: bool = False
    created: datetime = field(default_factory=lambda: datetime.now(timezone.utc))
    started: datetime | None = None
    ended: datetime | None = None
    cancel: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)

    def set(self, status: str, error: str | None = None) -> None:
        """Move to a status; a run that has ended stays as it is."""
        if self.status in ENDED:
            return
        if status == "Running" and self.started is None:
            self.started = datetime.now(timezone.utc)
        if status in ENDED:
            self.ended = datetime.now(timezone.utc)
        self.error = error or self.error
        self.status = status
        if status in ENDED:
            self.over.set()

    @property
    def root(self) -> Run:
        """The job that this is a part of, or itself."""
        return self if self.parent is None else self.parent.root

    def add_trial(self, name: str) -> Run:
        """Add a trial of a sweep step: a run that has one of its own name."""
        trial = Run(str(uuid.uuid4()), {}, self.experiment, self, name, display_name=name)
        self.children[name] = trial
        return trial

    @property
    def artifacts(self) -> str:
        """Where its logs lie in the artifact store."""
        return f"ExperimentRun/dcid.{self.id}"


class Jobs:
    """Takes, shows, lists and cancels jobs."""

    def __init__(self, workspace: Workspace, assets: Assets, start: Callable[[Run], None]) -> None:
        """Prepare to take jobs.

        Args:
            workspace: Where they are.
            assets: What they refer to.
            start: Starts the execution of a job; returns at once.
        """
        self._workspace = workspace
        self._assets = assets
        self._start = start
        self.runs: dict[str, Run] = {}
        self.created = 0

    def routes(self) -> list[Route]:
        return [
            ("GET", "/jobs", self._list),
            ("GET", "/jobs/([^/]+)", self._get),
            ("PUT", "/jobs/([^/]+)", self._put),
            ("POST", "/jobs/([^/]+)/cancel", self._cancel),
            ("DELETE", "/jobs/([^/]+)", self._delete),
            ("GET", "/operations/([^/]+)", self._operation),
        ]

    def find(self, name: str) -> Run | None:
        """A job, a step or a trial of a step by its name."""
        if name in self.runs:
            return self.runs[name]
        waiting = list(self.runs.values())
        while waiting:
            run = waiting.pop()
            if run.id == name:
                return run
            waiting += list(run.children.values())
        return None

    def _put(self, request: Request, name: str) -> Response:
        properties: Json = request.json()["properties"]
        with self._workspace.lock:
            existing = self.runs.get(name)
            if existing is not None:
                if _fixed(existing.definition) != _fixed(properties):
                    return Response.error(400, "UserError", SAME_NAME)
                return Response.json(self._resource(existing))
            if properties["jobType"] == "Pipeline" and "x-azureml-token" not in request.headers:
                return Response.error(400, "UserError", "The header x-azureml-token is missing.")
            made = self.create(name, properties, owner_of(request))
        if isinstance(made, str):
            return Response.error(400, "UserError", made)
        return Response.json(self._resource(made), 201)

    def create(
        self, name: str, properties: Json, submitter: str, schedule: str | None = None
    ) -> Run | str:
        """Make a job and start it; what is wrong with it if it cannot be made.

        Args:
            name: Its name.
            properties: What Azure Resource Manager is given of it.
            submitter: The object id of whoever wants it.
            schedule: The schedule that triggers it.
        """
        problem = problem_of(name, properties, self._workspace, self._assets)
        if problem is not None:
            return problem
        run = self._make(name, properties)
        run.submitter, run.schedule = submitter, schedule
        with self._workspace.lock:
            if name in self.runs:
                return SAME_NAME
            self.runs[name] = run
            self.created += 1
        self._start(run)
        return run

    def _make(self, name: str, properties: Json) -> Run:
        run = Run(
            name,
            properties,
            properties.get("experimentName") or "Default",
            display_name=properties.get("displayName") or name,
            description=properties.get("description"),
            tags=dict(properties.get("tags") or {}),
            properties={
                **(properties.get("properties") or {}),
                "azureml.runsource": "azureml.PipelineRun",
                "runType": "HTTP",
            },
        )
        for step, node in (properties.get("jobs") or {}).items():
            run.children[step] = Run(
                str(uuid.uuid4()),
                node,
                run.experiment,
                run,
                step,
                display_name=node.get("display_name") or step,
                tags=dict(node.get("tags") or {}),
                properties={
                    **(node.get("properties") or {}),
                    "azureml.moduleid": str(uuid.uuid4()),
                    "azureml.pipelinerunid": name,
                    "azureml.isreused": "False",
                },
            )
        return run

    def _get(self, request: Request, name: str) -> Response:
        run = self.find(name)
        if run is None:
            return _missing(name)
        return Response.json(self._resource(run))

    def _list(self, request: Request) -> Response:
        archived = request.query.get("listViewType", "ActiveOnly")
        scheduled = request.query.get("scheduled") == "true"
        schedule = request.query.get("scheduleId")
        shown = [
            run
            for run in reversed(list(self.runs.values()))
            if archived == "All" or run.hidden == (archived == "ArchivedOnly")
            if not scheduled or run.schedule is not None
            if schedule in (None, run.schedule)
        ]
        return Response.json({"value": [self._resource(run) for run in shown]})

    def _cancel(self, request: Request, name: str) -> Response:
        run = self.find(name)
        if run is None:
            return _missing(name)
        if run.status in ENDED:
            return Response.error(
                400, "UserError", f"Job {name} is in terminal state {run.status}."
            )
        run.set("CancelRequested")
        run.cancel.set()
        location = f"https://{request.host}{self._workspace.id}/operations/{name}"
        return Response(
            202,
            headers={
                # 0 would mean the SDK's default of 30 seconds.
                "Retry-After": "1",
                "Location": f"{location}?api-version={request.query.get('api-version')}",
            },
        )

    def _delete(self, request: Request, name: str) -> Response:
        with self._workspace.lock:
            if self.runs.pop(name, None) is None:
                return Response(204)
        return Response(200)

    def _operation(self, request: Request, name: str) -> Response:
        # Cancelling is over for Azure Resource Manager once it was requested.
        return Response(200)

    def _resource(self, run: Run) -> Json:
        if run.parent is not None:
            return self._workspace.resource(f"jobs/{run.id}", "jobs", None)
        shown = {
            **run.definition,
            "status": run.status,
            "displayName": run.display_name,
            "description": run.description,
            "tags": run.tags,
            "properties": run.properties,
            "experimentName": run.experiment,
            "isArchived": run.hidden,
            "services": self.services(run),
        }
        created = run.created.isoformat()
        resource = self._workspace.resource(f"jobs/{run.id}", "jobs", shown)
        return {**resource, "systemData": {**resource["systemData"], "createdAt": created}}

    def services(self, run: Run) -> Json:
        """The addresses that belong to a run."""
        workspace = self._workspace
        studio = f"https://{workspace.cloud.studio}/runs/{run.id}?wsid={workspace.id}"
        return {
            "Tracking": {"jobServiceType": "Tracking", "endpoint": f"{workspace.tracking_uri}?"},
            "Studio": {"jobServiceType": "Studio", "endpoint": studio},
        }


def owner_of(request: Request) -> str:
    """The object id of whoever asks."""
    claims = claims_of(request.bearer or "")
    return str(claims["oid"]) if claims else ""


def _fixed(properties: Json) -> Json:
    """What of a job cannot be changed."""
    changeable = ("description", "tags", "displayName", "properties", "isArchived")
    return {key: value for key, value in properties.items() if key not in changeable}


def _missing(name: str) -> Response:
    return Response.error(
        404, "UserError", f"The run id or name {name} was not found in the workspace."
    )
