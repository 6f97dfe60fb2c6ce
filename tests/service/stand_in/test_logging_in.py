"""The ways to log in to the test service, and what is kept of the tokens."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from textwrap import dedent

import pytest

from tests.kit.azureml.http.messages import REDACTED
from tests.kit.azureml.samples import SUBMIT, WriteJob
from tests.kit.azureml.sdk import Sdk, SdkError
from tests.kit.azureml.service import AzureService

pytest_plugins = ("tests.kit.azureml.fixtures",)


@pytest.mark.parametrize("way", ["workload", "compute", "az"])
def test_other_ways_to_log_in(
    azure_service: AzureService, sdk: Sdk, way: str, tmp_path: Path
) -> None:
    login, identities = azure_service.login, azure_service.identities
    token = tmp_path / "token"
    token.write_text(login.assertion)
    program = identities.write_az(tmp_path, azure_service.workspace.subscription)
    ways = {
        "workload": {
            "AZURE_TENANT_ID": login.tenant,
            "AZURE_CLIENT_ID": login.client,
            "AZURE_FEDERATED_TOKEN_FILE": str(token),
        },
        "compute": identities.compute_environment,
        "az": {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"},
    }
    subprocess.run([program, "login"], check=True)
    code = f"""
        import os
        kept = dict(os.environ)
        for name in ("TENANT_ID", "CLIENT_ID", "CLIENT_SECRET"):
            del os.environ["AZURE_" + name]
        os.environ.update({ways[way]!r})
        try:
            client = MLClient(DefaultAzureCredential(), ml.subscription_id,
                              ml.resource_group_name, ml.workspace_name)
            result = client.compute.get("cpu-cluster").name
        finally:
            os.environ.clear()
            os.environ.update(kept)
    """
    assert sdk.run(code) == "cpu-cluster"


def test_wrong_secret(azure_service: AzureService, sdk: Sdk) -> None:
    right = azure_service.login.secret
    azure_service.login.secret = "another"
    try:
        with pytest.raises(SdkError, match="AADSTS7000215"):
            sdk.run('ml.compute.get("cpu-cluster")')
    finally:
        azure_service.login.secret = right


def test_tokens_are_redacted(azure_service: AzureService, sdk: Sdk) -> None:
    sdk.run('ml.compute.get("cpu-cluster")')
    seen = azure_service.requests[-1]
    assert seen.headers["authorization"] == REDACTED
    assert seen.holds(str(seen.request.bearer))


def test_sovereign_cloud(azure_service: AzureService, sdk: Sdk, write_job: WriteJob) -> None:
    azure_service.reset(cloud="AzureUSGovernment")
    azure_service.execution.mode = "instant"
    write_job("echo 1")
    code = """
        credential = DefaultAzureCredential(authority="https://login.microsoftonline.us")
        ml = MLClient(credential, ml.subscription_id, ml.resource_group_name, ml.workspace_name,
                      cloud="AzureUSGovernment")
    """
    try:
        sdk.run(dedent(code) + dedent(SUBMIT))
        hosts = {s.host for s in azure_service.requests}
    finally:
        sdk.run('import os; os.environ["AZUREML_CURRENT_CLOUD"] = "AzureCloud"')
    assert {"management.usgovcloudapi.net", "login.microsoftonline.us"} <= hosts
    assert f"{azure_service.storage.account}.blob.core.usgovcloudapi.net" in hosts
