"""Ways into the service with faults of their own, and the kinds of request that go through one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.kit.azureml.http.certificates import Certificates
from tests.kit.azureml.http.faults import Faults
from tests.kit.azureml.http.gateway import Gateway
from tests.kit.azureml.http.messages import Seen
from tests.kit.azureml.service import AzureService

_VARYING = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27,}|[0-9a-f]{32,}|minimal-\d{8}-\d{6}-[0-9a-f]{6}")
_BLOB = re.compile(r"/[^/]+/(?P<area>LocalUpload|azureml|ExperimentRun)?")


@dataclass(frozen=True)
class Route:
    """Requests that are alike: what a fault hits.

    Attributes:
        method: Their method.
        host: Their host, as a regular expression.
        path: Their paths, as a regular expression.
    """

    method: str
    host: str
    path: str

    @classmethod
    def of(cls, seen: Seen) -> Route:
        host = re.escape(seen.host)
        blob = _BLOB.match(seen.path) if ".blob." in seen.host else None
        if blob:
            return cls(seen.method, host, f"^/[^/]+/{blob['area'] or '(?!LocalUpload|azureml)'}")
        fixed = map(re.escape, _VARYING.split(seen.path))
        return cls(seen.method, host, f"^{'[^/]+'.join(fixed)}$")


@dataclass(frozen=True)
class Door:
    """A way into the service with faults of its own."""

    gateway: Gateway
    faults: Faults
    variables: dict[str, str]

    def routes(self) -> list[Route]:
        """What went through, each kind of request once."""
        return list(dict.fromkeys(map(Route.of, self.gateway.seen)))


@contextmanager
def door(service: AzureService) -> Iterator[Door]:
    folder = service._folder
    certificates = Certificates(
        folder / "authority.pem", folder / "hosts.pem", folder / "hosts.key"
    )
    faults = Faults()
    hosts = [(pattern.pattern, answer) for pattern, answer in service.gateway.hosts]
    gateway = Gateway(hosts, certificates.server(), faults, service.gateway.direct)
    gateway.is_missing = service.gateway.is_missing
    gateway.start()
    variables = {
        **service.environment,
        "HTTPS_PROXY": gateway.address,
        "HTTP_PROXY": gateway.address,
        "AZURE_SUBSCRIPTION_ID": service.workspace.subscription,
    }
    try:
        yield Door(gateway, faults, variables)
    finally:
        gateway.stop()
