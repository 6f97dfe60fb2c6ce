"""What is injected into the test service's answers reaches the unmodified SDK."""

from __future__ import annotations

import time

import pytest

from tests.kit.azureml.http.faults import Kind
from tests.kit.azureml.samples import SUBMIT, WriteJob
from tests.kit.azureml.sdk import Sdk, SdkError
from tests.kit.azureml.service import AzureService

pytest_plugins = ("tests.kit.azureml.fixtures",)


@pytest.mark.parametrize("kind", ["throttle", "unavailable", "error", "drop", "lose"])
def test_fault_that_a_retry_heals(
    azure_service: AzureService, sdk: Sdk, write_job: WriteJob, kind: Kind
) -> None:
    azure_service.execution.mode = "instant"
    fault = azure_service.inject(kind, method="PUT", path="/jobs/")
    write_job("echo 1")

    sdk.run(SUBMIT)

    assert fault.hits == 1
    assert [s.fault for s in azure_service.requests if "/jobs/" in s.path] == [kind, None]
    assert azure_service.jobs.created == 1


@pytest.mark.parametrize(
    ("kind", "message"),
    [("forbidden", "AuthorizationFailed"), ("expired", "ExpiredAuthenticationToken")],
)
def test_fault_that_no_retry_heals(
    azure_service: AzureService,
    sdk: Sdk,
    write_job: WriteJob,
    kind: Kind,
    message: str,
) -> None:
    azure_service.inject(kind, path="/jobs/", times=None)
    write_job("echo 1")
    with pytest.raises(SdkError, match=message):
        sdk.run(SUBMIT)
    assert azure_service.jobs.created == 0


def test_fault_at_the_nth_request(
    azure_service: AzureService, sdk: Sdk, write_job: WriteJob
) -> None:
    azure_service.execution.mode = "instant"
    azure_service.inject("unavailable", number=4)
    write_job("echo 1")
    sdk.run(SUBMIT)
    seen = azure_service.requests
    assert [s.fault for s in seen[:5]] == [None, None, None, "unavailable", None]


def test_latency(azure_service: AzureService, sdk: Sdk) -> None:
    sdk.run("ml.computes = list(ml.compute.list())")
    azure_service.faults.latency = 0.3
    started = time.monotonic()
    sdk.run('ml.compute.get("cpu-cluster"); ml.compute.get("cpu-cluster")')
    assert time.monotonic() - started > 0.6


def test_tokens_expire(azure_service: AzureService, sdk: Sdk) -> None:
    code = """
        ml.compute.get("cpu-cluster")
        result = "first"
    """
    assert sdk.run(code) == "first"
    azure_service.login.expire_tokens()
    # A new client logs in anew.
    assert sdk.run(code) == "first"
    azure_service.inject("expired", path="/computes/", number=2)
    with pytest.raises(SdkError, match="ExpiredAuthenticationToken"):
        sdk.run('ml.compute.get("cpu-cluster"); ml.compute.get("cpu-cluster")')
