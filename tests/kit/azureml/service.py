"""The whole service: one object to set up, to drive the SDK against and to ask afterwards.

    def test_something(azure_service: AzureService) -> None:
        azure_service.workspace.add_compute("gpu", "ComputeInstance", state="Stopped")
        azure_service.inject("throttle", method="PUT", path="/jobs/")
        subprocess.run([...], env={**os.environ, **azure_service.environment})
        assert azure_service.jobs.created == 1
        assert not azure_service.leaks("a secret")

A request that the service does not know is answered with 404, and fails the test at its end.
"""

from __future__ import annotations

import re
import uuid
from pathlib import Path

from tests.kit.azureml.access.identities import Identities
from tests.kit.azureml.access.login import LIFETIME, Login
from tests.kit.azureml.blobs.storage import Storage
from tests.kit.azureml.endpoints.endpoints import Endpoints
from tests.kit.azureml.hosts import (
    API_HOSTS,
    ARM_HOSTS,
    BLOB_HOSTS,
    LOGIN_HOSTS,
    SCOPE,
    SCORING_HOSTS,
    wrong_scope,
)
from tests.kit.azureml.http.certificates import Certificates
from tests.kit.azureml.http.faults import Fault, Faults, Kind
from tests.kit.azureml.http.gateway import Gateway, Host
from tests.kit.azureml.http.messages import Request, Response, Seen, spellings
from tests.kit.azureml.http.routes import Routes, unknown
from tests.kit.azureml.jobs.execution import Execution
from tests.kit.azureml.jobs.history import History
from tests.kit.azureml.jobs.jobs import Jobs
from tests.kit.azureml.jobs.step_variables import StepVariables
from tests.kit.azureml.keyvault.secret import Vault
from tests.kit.azureml.keyvault.vaults import HOSTS as VAULT_HOSTS
from tests.kit.azureml.keyvault.vaults import Vaults
from tests.kit.azureml.schedules.schedules import Schedules
from tests.kit.azureml.tracking.tracking import Tracking
from tests.kit.azureml.workspace.assets import Assets
from tests.kit.azureml.workspace.clouds import CLOUDS
from tests.kit.azureml.workspace.computes import OPERATIONS, Computes
from tests.kit.azureml.workspace.operations import PLACE, Operations
from tests.kit.azureml.workspace.registries import Registries
from tests.kit.azureml.workspace.workspace import PROVIDER, PUBLIC_HOST, VAULT, Workspace

ACCOUNT = "kedrotests"


class AzureService:
    """A small Azure: one tenant, one workspace, one storage account.

    Attributes:
        login: The tenant and its service principal.
        identities: Other ways to log in.
        workspace: The workspace, its computes and assets.
        computes: What becomes of computes that are created and deleted.
        jobs: The jobs that were submitted.
        execution: How their steps are run.
        faults: What is injected.
        schedules: The schedules, and their clock.
        endpoints: The batch endpoints and their deployments.
        operations: What takes a while, except for computes.
        mlflow: The workspace's MLflow, once a test has said `mlflow.start()`.
        storage: The storage account.
        vault: The workspace's own key vault.
        vaults: That and other vaults.
    """

    vault: Vault

    def __init__(self, folder: Path, certificates: Certificates, storage: Storage) -> None:
        self._folder = folder
        self.storage = storage
        self.login = Login()
        self.faults = Faults()
        hosts: list[Host] = [
            (LOGIN_HOSTS, self.login.answer),
            (ARM_HOSTS, self._answer_arm),
            (API_HOSTS, self._answer_api),
            (BLOB_HOSTS, storage.answer),
            (re.escape(PUBLIC_HOST), self._answer_public),
            (SCORING_HOSTS, self._answer_scoring),
            (VAULT_HOSTS, lambda r: self.vaults.answer(r) or unknown(r)),
        ]
        self.gateway = Gateway(
            hosts, certificates.server(), self.faults, lambda r: self.identities.answer(r)
        )
        self.gateway.is_missing = self._is_missing
        self.identities = Identities(self.login, self.gateway.address)
        self._build("AzureCloud", str(uuid.uuid4()), "test-group", "test-workspace")

    def reset(
        self,
        cloud: str = "AzureCloud",
        subscription: str | None = None,
        group: str = "test-group",
        name: str = "test-workspace",
    ) -> None:
        """Start over with a new workspace, which has one compute and one environment.

        Args:
            cloud: The cloud that it is in, as the SDK names it.
            subscription: The subscription's id; a new one by default.
            group: The resource group.
            name: The workspace's name.
        """
        self.stop()
        self.faults.clear()
        self.storage.clear()
        self.login.lifetime = LIFETIME
        self._build(cloud, subscription or str(uuid.uuid4()), group, name)
        self.gateway.seen.clear()

    def stop(self) -> None:
        """End what runs: jobs, and the MLflow server if there is one."""
        self.execution.stop()
        self.mlflow.stop()

    def _build(self, cloud: str, subscription: str, group: str, name: str) -> None:
        self.workspace = Workspace(self.storage, CLOUDS[cloud], subscription, group, name)
        self.workspace.add_compute("cpu-cluster")
        self.workspace.add_environment("test-env")
        self.vaults = Vaults(self.login)
        self.vault = self.vaults.add(VAULT)
        self.computes = Computes(self.workspace)
        assets = Assets(self.workspace)
        self.mlflow = Tracking(self._folder / f"mlflow-{self.workspace.uuid}")
        variables = StepVariables(self.workspace, self.login, self.identities, self.mlflow)
        self.execution = Execution(self.workspace, assets, self._folder, variables, self.mlflow)
        for name in ("HTTPS_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"):
            self.execution.variables[name] = self.network[name]
        self.jobs = Jobs(self.workspace, assets, self.execution.start)
        self._history = History(self.workspace, self.jobs)
        self.operations = Operations(self.workspace)
        self.schedules = Schedules(self.workspace, self.jobs, self.operations)
        self.endpoints = Endpoints(self.workspace, assets, self.jobs, self.operations)
        self._arm_routes = Routes(
            self.workspace, self.computes, assets, self.jobs, self.schedules, self.endpoints
        )
        self._api_routes = Routes(self._history, self.mlflow)

    @property
    def requests(self) -> list[Seen]:
        """Every request since the start or the last `reset`, in the order of their answers."""
        return list(self.gateway.seen)

    @property
    def control_requests(self) -> list[Seen]:
        """Those to the workspace: neither to the login nor to the storage."""
        return [s for s in self.requests if re.fullmatch(f"{ARM_HOSTS}|{API_HOSTS}", s.host)]

    def count(self, method: str, path: str) -> int:
        """How many requests had a method and a path that holds a match of the expression."""
        return sum(s.method == method and bool(re.search(path, s.path)) for s in self.requests)

    @property
    def vault_requests(self) -> list[Seen]:
        """Those to key vaults; what each vault made of them is in its `log`."""
        return [s for s in self.requests if re.fullmatch(VAULT_HOSTS, s.host)]

    def leaks(self, secret: str) -> list[str]:
        """Where a text went: requests and blobs.

        The login takes secrets, and so does a key vault as the value of one.
        """
        written = {id(s) for s in self.vault_requests if s.method == "PUT"}
        login = re.compile(LOGIN_HOSTS)
        requests = (
            s for s in self.requests if not login.fullmatch(s.host) and id(s) not in written
        )
        return [str(s) for s in requests if s.holds(secret)] + [
            f"blob {name}" for name in self.storage.holding(spellings(secret))
        ]

    @property
    def unknown_requests(self) -> list[Seen]:
        """Requests that nothing here knows how to answer."""
        return [s for s in self.requests if s.unknown]

    @property
    def environment(self) -> dict[str, str]:
        """The variables that lead an unmodified SDK here, as a service principal."""
        return {
            **self.network,
            "AZURE_TENANT_ID": self.login.tenant,
            "AZURE_CLIENT_ID": self.login.client,
            "AZURE_CLIENT_SECRET": self.login.secret,
        }

    @property
    def network(self) -> dict[str, str]:
        """The variables that lead an unmodified SDK here, without a way to log in."""
        authority = str(self._folder / "authority.pem")
        return {
            "HTTPS_PROXY": self.gateway.address,
            "HTTP_PROXY": self.gateway.address,
            "NO_PROXY": "localhost,127.0.0.1",
            "REQUESTS_CA_BUNDLE": authority,
            "SSL_CERT_FILE": authority,
            # The smallest that the SDK takes.
            "AZUREML_RUN_POLLING_INTERVAL_MIN": "1",
            "AZUREML_RUN_POLLING_INTERVAL_MAX": "1",
            # The SDK's telemetry and Kedro's.
            "AZURE_CORE_COLLECT_TELEMETRY": "no",
            "DO_NOT_TRACK": "1",
        }

    def inject(
        self,
        kind: Kind,
        *,
        method: str | None = None,
        host: str | None = None,
        path: str | None = None,
        number: int = 1,
        times: int | None = 1,
        answer: Response | None = None,
    ) -> Fault:
        """Let something go wrong; see `Fault` for the arguments."""
        return self.faults.add(Fault(kind, method, host, path, number, times, answer))

    def _answer_scoring(self, request: Request) -> Response:
        """What a batch endpoint answers to whoever invokes it."""
        found = re.fullmatch(SCORING_HOSTS, request.host)
        assert found is not None
        if request.method != "POST" or request.path != "/jobs":
            return unknown(request)
        problem = self.login.problem(request.bearer)
        return problem or self.endpoints.invoke(request, found["endpoint"])

    def _answer_public(self, request: Request) -> Response:
        """What the world outside answers: a file that was published."""
        place = self.workspace.public.get(request.url)
        return Response(404) if place is None else Response(200, self.storage.read(*place))

    def _is_missing(self, host: str) -> bool:
        """Whether a host is none although it looks like one of the service's."""
        return bool(re.fullmatch(VAULT_HOSTS, host)) and not self.vaults.exists(host)

    def _answer_arm(self, request: Request) -> Response:
        """What Azure Resource Manager answers."""
        if request.path == "/metadata/endpoints":
            # Clouds beside those that clients know by themselves: azureml-mlflow asks.
            return Response.json([])
        found = SCOPE.match(request.path)
        if found is None:
            return unknown(request)
        problem = self.login.problem(request.bearer) or wrong_scope(self.workspace, found)
        if problem is not None:
            return problem
        rest = request.path[found.end() :]
        if found["workspace"] is not None:
            return self._arm_routes.answer(request, rest)
        if request.method == "GET" and rest == f"/providers/{PROVIDER}/workspaces":
            return Response.json({"value": [self.workspace.body()]})
        if request.method == "GET" and rest.startswith(PLACE):
            return self.operations.answer(rest.removeprefix(PLACE))
        if request.method == "GET" and rest.startswith(OPERATIONS):
            return self.computes.operation(rest.rpartition("/")[2])
        return unknown(request)

    def _answer_api(self, request: Request) -> Response:
        """What the workspace's own API host answers."""
        if request.path == "/discovery":
            return self._history.discovery()
        shared = Registries(self.workspace).answer(request)
        if shared is not None:
            return self.login.problem(request.bearer) or shared
        # MLflow's clients use both versions.
        area, _, path = request.path.strip("/").replace("/v2.0/", "/v1.0/", 1).partition("/v1.0/")
        found = SCOPE.match(f"/{path}")
        if found is None or found["workspace"] is None:
            return unknown(request)
        problem = self.login.problem(request.bearer) or wrong_scope(self.workspace, found)
        return problem or self._api_routes.answer(request, area + f"/{path}"[found.end() :])
