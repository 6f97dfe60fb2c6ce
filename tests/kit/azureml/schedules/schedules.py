"""Schedules: creating, changing, listing and deleting them, and a clock that tests move."""

from __future__ import annotations

import copy
import re
import uuid
from datetime import datetime, timedelta, timezone

from tests.kit.azureml.http.messages import Json, Request, Response
from tests.kit.azureml.http.routes import Route
from tests.kit.azureml.jobs.jobs import Jobs, Run, owner_of
from tests.kit.azureml.schedules.times import TriggerError, check, times
from tests.kit.azureml.workspace.limits import problem_of_properties
from tests.kit.azureml.workspace.operations import Operations
from tests.kit.azureml.workspace.workspace import Workspace

#: Undocumented: whether a schedule that is created again is enabled by that, although it was not.
CREATING_AGAIN_ENABLES = True
_TRIGGER_TIME = "${{creation_context.trigger_time}}"


class Schedules:
    """Answers about schedules, and triggers their jobs when a test moves the clock.

    Attributes:
        by_name: The properties of each schedule, as Azure Resource Manager shows them.
        now: What the clock says.
        problems: What was wrong with jobs that could not be triggered.
        states: How the creation of schedules ended, if not well.
        own_way: Whether it shows a schedule in another way than it was given: undocumented.
    """

    def __init__(self, workspace: Workspace, jobs: Jobs, operations: Operations) -> None:
        self._workspace = workspace
        self._jobs = jobs
        self._operations = operations
        self._owners: dict[str, str] = {}
        self._created: dict[str, datetime] = {}
        self.by_name: dict[str, Json] = {}
        self.now = datetime.now(timezone.utc)
        self.problems: list[str] = []
        self.states: dict[str, str] = {}
        self.own_way = False

    def routes(self) -> list[Route]:
        return [
            ("GET", "/schedules", self._list),
            ("GET", "/schedules/([^/]+)", self._get),
            ("PUT", "/schedules/([^/]+)", self._put),
            ("DELETE", "/schedules/([^/]+)", self._delete),
            ("POST", "/schedules/([^/]+)/trigger", self._trigger),
        ]

    def advance(self, to: datetime | timedelta) -> list[Run]:
        """Move the clock, and trigger what is due on the way, in its order.

        Args:
            to: A moment, or how far.

        Returns:
            The jobs that were started.
        """
        until = to if isinstance(to, datetime) else self.now + to
        due: list[tuple[datetime, str]] = []
        for name, schedule in self.by_name.items():
            if schedule["isEnabled"]:
                for moment in times(schedule["trigger"], self.now, self._created[name]):
                    if moment > until:
                        break
                    due.append((moment, name))
        started = [self._start(name, moment) for moment, name in sorted(due)]
        self.now = until
        return [run for run in started if run is not None]

    def _start(self, name: str, moment: datetime) -> Run | None:
        stamp = moment.strftime("%Y%m%dT%H%M%SZ")
        definition = self._definition(name, moment)
        definition["displayName"] = f"{name}-{stamp}"
        # A job's own name is nowhere documented.
        job = f"{name}-{stamp}-{uuid.uuid4().hex[:6]}"
        made = self._jobs.create(job, definition, self._owners[name], schedule=name)
        if isinstance(made, Run):
            return made
        self.problems.append(made)
        return None

    def _definition(self, name: str, moment: datetime) -> Json:
        """The job as the schedule has it, with the time in its text inputs."""
        given: Json = copy.deepcopy(self.by_name[name]["action"]["jobDefinition"])
        source = given.pop("sourceJobId", None)
        if source is not None:
            job = self._jobs.runs[str(source).rpartition("/")[2]]
            base = copy.deepcopy(job.definition)
            inputs = {**(base.get("inputs") or {}), **(given.get("inputs") or {})}
            given = {**base, **{k: v for k, v in given.items() if v}, "inputs": inputs}
        given["experimentName"] = given.get("experimentName") or name
        text = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
        for value in (given.get("inputs") or {}).values():
            if value["jobInputType"] == "literal":
                value["value"] = str(value["value"]).replace(_TRIGGER_TIME, text)
        return given

    def _list(self, request: Request) -> Response:
        view = request.query.get("listViewType", "EnabledOnly")
        shown = [
            self._resource(name)
            for name, schedule in self.by_name.items()
            if view == "All" or schedule["isEnabled"] == (view == "EnabledOnly")
        ]
        return Response.json({"value": shown})

    def _get(self, request: Request, name: str) -> Response:
        return Response.json(self._resource(name)) if name in self.by_name else _missing(name)

    def _put(self, request: Request, name: str) -> Response:
        properties: Json = request.json()["properties"]
        problem = self._problem(name, properties)
        if problem is not None:
            return Response.error(400, "UserError", problem)
        before = self.by_name.get(name)
        if properties.get("isEnabled") is None:
            was = True if before is None else before["isEnabled"]
            properties["isEnabled"] = True if CREATING_AGAIN_ENABLES else was
        if self.own_way:
            start = self.now.strftime("%Y-%m-%dT%H:%M:%S.0000000Z")
            properties["trigger"]["startTime"] = properties["trigger"].get("startTime") or start
        self._owners[name] = owner_of(request)
        self.by_name[name] = properties
        self._created.setdefault(name, self.now)
        trigger = properties["trigger"]
        at_once = trigger["triggerType"] == "Recurrence" and not trigger.get("startTime")
        if before is None and at_once and properties["isEnabled"]:
            self._start(name, self.now)
        status = 201 if before is None else 200
        answer = self._operations.accept(request, status, self._resource(name))
        self.states[name] = self._operations.last_state
        return answer

    def _problem(self, name: str, properties: Json) -> str | None:
        if not re.fullmatch(r"[A-Za-z0-9][\w-]{0,254}", name):
            return f"The schedule name {name} is not valid."
        if (limit := problem_of_properties(properties)) is not None:
            return limit
        job = properties["action"].get("jobDefinition") or {}
        source = str(job.get("sourceJobId") or "").rpartition("/")[2]
        if source and source not in self._jobs.runs:
            return f"The job {source} of the schedule was not found."
        if not source and job.get("jobType") != "Pipeline":
            return "Only pipeline jobs can be scheduled."
        try:
            check(properties["trigger"])
        except TriggerError as error:
            return str(error)
        return None

    def _delete(self, request: Request, name: str) -> Response:
        schedule = self.by_name.get(name)
        if schedule is None:
            return Response(204)
        if schedule["isEnabled"]:
            message = f"The schedule {name} is enabled: disable it before it is deleted."
            return Response.error(400, "UserError", message)
        del self.by_name[name], self._created[name]
        return self._operations.accept(request, 202)

    def _trigger(self, request: Request, name: str) -> Response:
        if name not in self.by_name:
            return _missing(name)
        run = self._start(name, self.now)
        if run is None:
            return Response.error(400, "UserError", self.problems[-1])
        return Response.json({"scheduleActionType": "CreateJob", "submissionId": run.id})

    def _resource(self, name: str) -> Json:
        state = self.states.get(name, "Succeeded")
        shown = {**self.by_name[name], "provisioningState": state}
        return self._workspace.resource(f"schedules/{name}", "schedules", shown)


def _missing(name: str) -> Response:
    return Response.error(404, "UserError", f"The schedule {name} was not found.")
