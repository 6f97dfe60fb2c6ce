"""How the steps that the test service runs get tokens: with the unmodified clients, in a step."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from tests.kit.azureml.access.principals import Principal
from tests.kit.azureml.samples import SUBMIT, WAIT, WriteJob, step
from tests.kit.azureml.sdk import Sdk, SdkError
from tests.kit.azureml.service import AzureService
from tests.kit.azureml.workspace.workspace import ARTIFACT_CONTAINER

pytest_plugins = ("tests.kit.azureml.fixtures",)

_READ = """\
import os, sys
from azure.identity import DefaultAzureCredential, ManagedIdentityCredential
from azure.keyvault.secrets import SecretClient

if sys.argv[1:] == ["obo"]:
    from azure.ai.ml.identity import AzureMLOnBehalfOfCredential
    credential = AzureMLOnBehalfOfCredential()
elif "DEFAULT_IDENTITY_CLIENT_ID" in os.environ:
    credential = ManagedIdentityCredential(client_id=os.environ["DEFAULT_IDENTITY_CLIENT_ID"])
else:
    credential = DefaultAzureCredential()
print("read", SecretClient(os.environ["KEY_VAULT_URL"], credential).get_secret("DB-PASSWORD").value)
"""
_VARIABLES = {"KEY_VAULT_URL": "https://test-vault.vault.azure.net/"}


@pytest.fixture
def read(submitter: Path, azure_service: AzureService) -> Iterator[None]:
    program = submitter / "src" / "read.py"
    program.write_text(_READ)
    azure_service.vault.put("DB-PASSWORD", "hunter2")
    yield
    program.unlink()


def log_of(service: AzureService) -> str:
    child = service.jobs.runs["the-job"].children["read"]
    log = service.storage.read(ARTIFACT_CONTAINER, f"{child.artifacts}/user_logs/std_log.txt")
    return log.decode()


def reading(compute: str, *arguments: str, **more: object) -> dict[str, object]:
    made = step(" ".join(["python read.py", *arguments]))
    made |= {"compute": f"azureml:{compute}", "environment_variables": _VARIABLES, **more}
    return {"read": made}


@pytest.mark.usefixtures("read")
@pytest.mark.parametrize("kind", ["system", "user"])
def test_managed_identity_of_the_cluster(
    azure_service: AzureService, sdk: Sdk, write_job: WriteJob, kind: str
) -> None:
    workspace, vault = azure_service.workspace, azure_service.vault
    workspace.add_compute("own", identity="system" if kind == "system" else "user")
    cluster = workspace.identities["own"]
    write_job(jobs=reading("own", identity={"type": "managed"}))

    sdk.run(SUBMIT)
    assert sdk.run(WAIT) == "Failed"
    assert f"appid={cluster.client};oid={cluster.object}" in log_of(azure_service)

    vault.grant(cluster, "Key Vault Secrets User")
    sdk.run(SUBMIT.replace("the-job", "again"))
    assert sdk.run(WAIT.replace("the-job", "again")) == "Completed"
    assert [(a.client, a.status) for a in vault.log] == [
        (cluster.client, 403),
        (cluster.client, 200),
    ]
    assert sdk.run('result = ml.compute.get("own").identity.type') == f"{kind}_assigned"


@pytest.mark.usefixtures("read")
def test_on_behalf_of_the_submitter(
    azure_service: AzureService, sdk: Sdk, write_job: WriteJob
) -> None:
    """The compute's own identity is not to be had beside it."""
    azure_service.workspace.add_compute("own", identity="user")
    write_job(jobs=reading("own", "obo", identity={"type": "user_identity"}))
    sdk.run(SUBMIT)
    assert sdk.run(WAIT) == "Completed"
    assert "read hunter2" in log_of(azure_service)
    assert [a.client for a in azure_service.vault.log] == [azure_service.login.client]


@pytest.mark.usefixtures("read")
def test_cluster_without_an_identity(
    azure_service: AzureService, sdk: Sdk, write_job: WriteJob
) -> None:
    write_job(jobs=reading("cpu-cluster"))
    sdk.run(SUBMIT)
    assert sdk.run(WAIT) == "Failed"
    assert "CredentialUnavailableError" in log_of(azure_service) or (
        "failed to retrieve a token" in log_of(azure_service)
    )


def test_user_identity_on_kubernetes(
    azure_service: AzureService, sdk: Sdk, write_job: WriteJob
) -> None:
    azure_service.workspace.add_compute("k8s", "Kubernetes")
    write_job(jobs=reading("k8s", identity={"type": "user_identity"}))
    with pytest.raises(SdkError, match="User identity is not supported"):
        sdk.run(SUBMIT)


def test_identity_of_a_cluster_that_the_sdk_makes(azure_service: AzureService, sdk: Sdk) -> None:
    sdk.run(
        dedent(
            """
            from azure.ai.ml.entities import AmlCompute, IdentityConfiguration
            identity = IdentityConfiguration(type="system_assigned")
            compute = AmlCompute(name="new", size="STANDARD_DS3_V2", identity=identity)
            ml.compute.begin_create_or_update(compute).result()
            """
        )
    )
    made = azure_service.workspace.identities["new"]
    assert isinstance(made, Principal)
    assert made.kind == "system"
