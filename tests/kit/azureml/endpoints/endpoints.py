"""Batch endpoints, their deployments of pipeline components, and their invocation."""

from __future__ import annotations

import copy
import re
import uuid

from tests.kit.azureml.endpoints.invocation import InvocationError, job_of
from tests.kit.azureml.http.messages import Json, Request, Response
from tests.kit.azureml.http.routes import Route
from tests.kit.azureml.jobs.jobs import Jobs, Run, owner_of
from tests.kit.azureml.workspace.assets import Assets
from tests.kit.azureml.workspace.clouds import REGION
from tests.kit.azureml.workspace.limits import problem_of_resource
from tests.kit.azureml.workspace.operations import Operations
from tests.kit.azureml.workspace.workspace import Workspace

_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9-]{1,30}[a-zA-Z0-9]")


class Endpoints:
    """Answers about batch endpoints.

    Attributes:
        by_name: The properties of each endpoint.
        deployments: The properties of each deployment, by the names of the endpoint and its own.
        taken: Names that somebody else in the region has.
        states: How the creation of deployments ended, if not well.
    """

    def __init__(
        self, workspace: Workspace, assets: Assets, jobs: Jobs, operations: Operations
    ) -> None:
        self._workspace = workspace
        self._assets = assets
        self._jobs = jobs
        self._operations = operations
        self._tags: dict[str, Json] = {}
        self.by_name: dict[str, Json] = {}
        self.deployments: dict[tuple[str, str], Json] = {}
        self.taken: set[str] = set()
        self.states: dict[tuple[str, str], str] = {}

    def routes(self) -> list[Route]:
        one = "/batchEndpoints/([^/]+)"
        two = f"{one}/deployments/([^/]+)"
        return [
            ("GET", "/batchEndpoints", self._list),
            ("GET", one, self._get),
            ("PUT", one, self._put),
            ("DELETE", one, self._delete),
            ("GET", f"{one}/deployments", self._list_deployments),
            ("GET", two, self._get_deployment),
            ("PUT", two, self._put_deployment),
            ("DELETE", two, self._delete_deployment),
        ]

    def deploy_by_hand(self, endpoint: str, like: str, name: str) -> None:
        """Make a deployment as somebody without this package does: with no tag of its own."""
        self.deployments[endpoint, name] = copy.deepcopy(self.deployments[endpoint, like])
        self._tags[f"{endpoint}/{name}"] = {}

    def invoke(self, request: Request, name: str) -> Response:
        """Start a job, as whoever posts to the endpoint's own host wants it."""
        if name not in self.by_name:
            return _missing("endpoint", name)
        wanted = request.headers.get("azureml-model-deployment")
        deployment = wanted or (self.by_name[name].get("defaults") or {}).get("deploymentName")
        if not deployment:
            message = f"The endpoint {name} has no default deployment."
            return Response.error(400, "UserError", message)
        if (name, deployment) not in self.deployments:
            return _missing("deployment", f"{name}/{deployment}")
        configuration = self.deployments[name, deployment]["deploymentConfiguration"]
        component = self._assets.find(str(configuration["componentId"]["assetId"]))
        assert component is not None
        properties: Json = request.json()["properties"]
        try:
            job = job_of(component["componentSpec"], configuration.get("settings"), properties)
        except InvocationError as error:
            return Response.error(400, "UserError", str(error))
        # "The tags which will be applied to the job": the REST API's own words.
        job["tags"] = configuration.get("tags") or {}
        job["experimentName"] = (properties.get("properties") or {}).get("experimentName") or name
        job["properties"] = {"azureml.batchEndpoint": name, "azureml.deployment": deployment}
        made = self._jobs.create(
            properties.get("name") or f"batchjob-{uuid.uuid4()}", job, owner_of(request)
        )
        if not isinstance(made, Run):
            return Response.error(400, "UserError", made)
        shown = self._workspace.resource(f"jobs/{made.id}", "jobs", {"status": made.status})
        return Response.json(shown, 201)

    def _list(self, request: Request) -> Response:
        return Response.json({"value": [self._body(name) for name in self.by_name]})

    def _get(self, request: Request, name: str) -> Response:
        if name not in self.by_name:
            return _missing("endpoint", name)
        return Response.json(self._body(name))

    def _put(self, request: Request, name: str) -> Response:
        body = request.json()
        if not _NAME.fullmatch(name):
            return Response.error(400, "BadArgument", f"The endpoint name {name} is not valid.")
        if name in self.taken:
            message = f"The endpoint name {name} is already taken in the region {REGION}."
            return Response.error(409, "Conflict", message)
        if (problem := problem_of_resource(body.get("tags") or {})) is not None:
            return problem
        default = (body["properties"].get("defaults") or {}).get("deploymentName")
        if default and (name, default) not in self.deployments:
            return _missing("deployment", f"{name}/{default}")
        status = 200 if name in self.by_name else 201
        self.by_name[name] = body["properties"]
        self._tags[name] = body.get("tags") or {}
        return self._operations.accept(request, status, self._body(name))

    def _delete(self, request: Request, name: str) -> Response:
        if self.by_name.pop(name, None) is None:
            return Response(204)
        for key in [key for key in self.deployments if key[0] == name]:
            del self.deployments[key]
        return self._operations.accept(request, 202)

    def _body(self, name: str) -> Json:
        address = f"https://{name}.{REGION}.inference.ml.azure.com/jobs"
        properties = {
            **self.by_name[name],
            "scoringUri": address,
            "swaggerUri": None,
            "provisioningState": "Succeeded",
        }
        path = f"batchEndpoints/{name}"
        body = self._workspace.resource(path, "batchEndpoints", properties)
        return {**body, "location": REGION, "tags": self._tags[name]}

    def _list_deployments(self, request: Request, name: str) -> Response:
        shown = [self._deployment(*key) for key in self.deployments if key[0] == name]
        return Response.json({"value": shown})

    def _get_deployment(self, request: Request, endpoint: str, name: str) -> Response:
        if (endpoint, name) not in self.deployments:
            return _missing("deployment", f"{endpoint}/{name}")
        return Response.json(self._deployment(endpoint, name))

    def _put_deployment(self, request: Request, endpoint: str, name: str) -> Response:
        if endpoint not in self.by_name:
            return _missing("endpoint", endpoint)
        body = request.json()
        if (problem := problem_of_resource(body.get("tags") or {})) is not None:
            return problem
        configuration = body["properties"].get("deploymentConfiguration") or {}
        if configuration.get("deploymentConfigurationType") != "PipelineComponent":
            message = "The test service deploys pipeline components only."
            return Response.error(400, "UserError", message)
        component = self._assets.find(str(configuration["componentId"]["assetId"]))
        if component is None or component["componentSpec"].get("type") != "pipeline":
            message = f"There is no pipeline component {configuration['componentId']['assetId']}."
            return Response.error(400, "UserError", message)
        status = 200 if (endpoint, name) in self.deployments else 201
        self.deployments[endpoint, name] = copy.deepcopy(body["properties"])
        self._tags[f"{endpoint}/{name}"] = body.get("tags") or {}
        answer = self._operations.accept(request, status, self._deployment(endpoint, name))
        self.states[endpoint, name] = self._operations.last_state
        return answer

    def _delete_deployment(self, request: Request, endpoint: str, name: str) -> Response:
        if (endpoint, name) not in self.deployments:
            return Response(204)
        default = (self.by_name[endpoint].get("defaults") or {}).get("deploymentName")
        if default == name:
            message = f"The deployment {name} is the default of its endpoint."
            return Response.error(409, "Conflict", message)
        del self.deployments[endpoint, name]
        return self._operations.accept(request, 202)

    def _deployment(self, endpoint: str, name: str) -> Json:
        state = self.states.get((endpoint, name), "Succeeded")
        shown = {**self.deployments[endpoint, name], "provisioningState": state}
        path = f"batchEndpoints/{endpoint}/deployments/{name}"
        body = self._workspace.resource(path, "batchEndpoints/deployments", shown)
        return {**body, "location": REGION, "tags": self._tags[f"{endpoint}/{name}"]}


def _missing(kind: str, name: str) -> Response:
    return Response.error(404, "UserError", f"The {kind} {name} was not found.")
