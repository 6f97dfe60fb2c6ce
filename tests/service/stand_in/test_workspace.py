"""The test service's workspace, and its records, seen through the unmodified SDK."""

from __future__ import annotations

import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.kit.azureml.samples import SUBMIT, WAIT, WriteJob
from tests.kit.azureml.sdk import Sdk, SdkError
from tests.kit.azureml.service import AzureService

pytest_plugins = ("tests.kit.azureml.fixtures",)


@pytest.mark.parametrize(
    ("workspace", "message"),
    [
        (("00000000-0000-0000-0000-000000000000", "test-group", "test-workspace"), "Subscription"),
        ((None, "no-group", "test-workspace"), "ResourceGroupNotFound"),
        ((None, "test-group", "no-workspace"), "no-workspace' under resource group"),
    ],
)
def test_wrong_workspace(
    azure_service: AzureService, sdk: Sdk, workspace: tuple[str | None, str, str], message: str
) -> None:
    scope = (workspace[0] or azure_service.workspace.subscription, *workspace[1:])
    with pytest.raises(SdkError, match=message):
        sdk.run('ml.compute.get("cpu-cluster")', workspace=scope)


def test_workspaces_of_a_group(azure_service: AzureService, sdk: Sdk) -> None:
    assert sdk.run("result = [w.name for w in ml.workspaces.list()]") == ["test-workspace"]
    assert sdk.run("result = ml.workspaces.get(ml.workspace_name).location") == "eastus"


def test_workspace_of_any_name(azure_service: AzureService, sdk: Sdk) -> None:
    azure_service.reset(subscription="00000000-0000-0000-0000-000000000000", group="a", name="b")
    scope = ("00000000-0000-0000-0000-000000000000", "A", "b")
    code = 'result = ml.compute.get("cpu-cluster").name'
    assert sdk.run(code, workspace=scope) == "cpu-cluster"


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ('ml.compute.get("gone")', "Compute with name gone was not found"),
        ('ml.environments.get("test-env", "7")', "Not found: environments test-env:7"),
        ('ml.environments.get("gone", label="latest")', "gone"),
        ('ml.jobs.get("gone")', "gone was not found in the workspace"),
        ('ml.data.get("gone", version="1")', "Not found: data gone:1"),
    ],
)
def test_missing_things(azure_service: AzureService, sdk: Sdk, code: str, message: str) -> None:
    with pytest.raises(SdkError, match=message):
        sdk.run(code)


def test_computes(azure_service: AzureService, sdk: Sdk) -> None:
    azure_service.workspace.add_compute("mine", "ComputeInstance", state="Stopped")
    azure_service.workspace.add_compute("k8s", "Kubernetes")
    azure_service.workspace.add_compute("new", provisioning="Creating")
    found = sdk.run(
        """
        result = {
            c.name: [c.type, c.provisioning_state, getattr(c, "state", None)]
            for c in ml.compute.list()
        }
        """
    )
    assert found == {
        "cpu-cluster": ["amlcompute", "Succeeded", None],
        "mine": ["computeinstance", "Succeeded", "Stopped"],
        "k8s": ["kubernetes", "Succeeded", None],
        "new": ["amlcompute", "Creating", None],
    }


def test_latest_environment_is_the_newest(azure_service: AzureService, sdk: Sdk) -> None:
    azure_service.workspace.add_environment("test-env", "12")
    azure_service.workspace.add_environment("test-env", "2")
    code = 'result = ml.environments.get("test-env", label="latest").version'
    assert sdk.run(code) == "2"


def test_foreign_hosts_are_refused(azure_service: AzureService) -> None:
    proxies = urllib.request.ProxyHandler({"https": azure_service.gateway.address})
    opener = urllib.request.build_opener(proxies)
    with pytest.raises(urllib.error.URLError, match="403"):
        opener.open("https://example.org/")
    assert [(s.host, s.status, s.foreign) for s in azure_service.requests] == [
        ("example.org", 403, True)
    ]


def test_gap_in_the_service_is_seen(azure_service: AzureService, sdk: Sdk) -> None:
    with pytest.raises(SdkError, match="The test service does not know GET"):
        sdk.run("list(ml.online_endpoints.list())")
    unknown = [s.path.rpartition("/")[2] for s in azure_service.unknown_requests]
    assert unknown == ["onlineEndpoints"]
    azure_service.gateway.seen.clear()


def test_secrets_are_found_wherever_they_went(
    azure_service: AzureService, sdk: Sdk, write_job: WriteJob, submitter: Path
) -> None:
    """In a body, in a log, and in a blob, where it is in Base64."""
    write_job("echo sentinel in log | tr ' ' -", tags={"a": "sentinel-in-body"})
    (submitter / "src" / "secret.txt").write_text("....c2VudGluZWwtaW4tYmxvYg==")
    sdk.run(SUBMIT)
    (submitter / "src" / "secret.txt").unlink()
    assert sdk.run(WAIT) == "Completed"

    leaks = azure_service.leaks
    assert leaks("sentinel-nowhere") == []
    assert ["/jobs/the-job" in where for where in leaks("sentinel-in-body")] == [True]
    assert {where.partition(" ")[0] for where in leaks("sentinel-in-blob")} == {"201", "blob"}
    assert ["std_log.txt" in where for where in leaks("sentinel-in-log")] == [True]
