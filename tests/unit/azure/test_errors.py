"""What Azure and its SDK raise, in words for a person and without a secret."""

from __future__ import annotations

import io
import json
import logging
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the SDK's own, of its dependencies
    from azure.ai.ml import load_job
    from azure.ai.ml.exceptions import MlException
    from azure.core.exceptions import (
        ClientAuthenticationError,
        HttpResponseError,
        ServiceRequestError,
    )

    from kedro_azureml.azure.connect.errors import (
        explain,
        explained,
        is_missing,
        not_logged_in,
    )
    from kedro_azureml.azure.connect.silence import quiet

from kedro_azureml.diagnostics import DiagnosticError
from kedro_azureml.job.model import PipelineJob
from kedro_azureml.job.secrets.redaction import redact

SIGNATURE = "c2VjcmV0LXNpZ25hdHVyZQ%3D%3D"


def answer(status: int, code: str = "", message: str = "") -> HttpResponseError:
    body = {"error": {"code": code, "message": message}}
    response = SimpleNamespace(
        status_code=status,
        reason="Reason",
        headers={},
        text=lambda encoding=None: json.dumps(body),
        body=lambda: json.dumps(body).encode(),
        content_type="application/json",
    )
    return HttpResponseError(response=response)


@pytest.mark.parametrize(
    "text",
    [
        f"PUT https://a.blob.core.windows.net/c/b?sv=2024&sig={SIGNATURE}",
        f"https://a.blob.core.windows.net/c?sp=r&sig={SIGNATURE}': refused",
        f"BlobEndpoint=https://a;SharedAccessSignature=sv=1&sig={SIGNATURE}",
        f"DefaultEndpointsProtocol=https;AccountKey={SIGNATURE};EndpointSuffix=x",
        f"Authorization: Bearer {SIGNATURE}",
        f"client_secret={SIGNATURE}&scope=x",
        f"token eyJ{SIGNATURE[:8]}.eyJ{SIGNATURE[:8]}.{SIGNATURE[:12]}",
    ],
)
def test_secrets_are_taken_out(text: str) -> None:
    assert SIGNATURE[:8] not in redact(text)
    for error in (MlException(text, text), ServiceRequestError(text), ValueError(text)):
        finding = explain(error, "testing")
        assert SIGNATURE[:8] not in f"{finding.message}{finding.remedy}"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (answer(401, "ExpiredAuthenticationToken", "It expired"), "KAZ702"),
        (answer(401, "InvalidAuthenticationTokenTenant", "Wrong issuer"), "KAZ702"),
        (ClientAuthenticationError("AzureCliCredential: Please run 'az login'"), "KAZ702"),
        (answer(403, "AuthorizationFailed", "No"), "KAZ703"),
        (answer(404, "SubscriptionNotFound", "No"), "KAZ704"),
        (answer(404, "ResourceGroupNotFound", "No"), "KAZ704"),
        (answer(404, "UserError", "No"), "KAZ708"),
        (answer(400, "UserError", "No"), "KAZ708"),
        (answer(429, "TooManyRequests", "Slow"), "KAZ709"),
        (answer(502, "", ""), "KAZ709"),
        (ServiceRequestError("HTTPSConnectionPool(host='x.y', port=443): refused"), "KAZ709"),
        (MlException("Something", "Something"), "KAZ708"),
        (KeyError("surprise"), "KAZ708"),
        (FileNotFoundError(2, "No such file or directory", "a.py"), "KAZ713"),
        (OSError(28, "No space left on device", "a.py"), "KAZ604"),
        (OSError(122, "Disk quota exceeded"), "KAZ604"),
    ],
)
def test_each_has_its_code(error: Exception, code: str) -> None:
    finding = explain(error, "testing")
    assert finding.code == code
    assert finding.message
    assert finding.remedy
    assert is_missing(error) == (getattr(error, "status_code", None) == 404)


def test_the_answer_is_found_behind_what_the_sdk_makes_of_it() -> None:
    try:
        try:
            raise answer(403, "AuthorizationFailed", "No role")
        except HttpResponseError as inner:
            raise MlException("Saving failed", "Saving failed") from inner
    except MlException as error:
        finding = explain(error, "testing")
    assert finding.code == "KAZ703"
    assert "No role." in finding.message


def test_a_full_disk_is_no_change_of_files() -> None:
    finding = explain(OSError(28, "No space left on device", "a.py"), "downloading 'x'")
    assert "no space left" in finding.message
    assert "Free some space" in finding.remedy


def test_another_tenant() -> None:
    finding = explain(answer(401, "InvalidAuthenticationTokenTenant", "Wrong issuer"), "testing")
    assert "az login --tenant" in finding.remedy


def test_which_host_and_why() -> None:
    text = (
        "HTTPSConnectionPool(host='management.azure.com', port=443): Max retries exceeded with "
        'url: /subscriptions/x (Caused by NameResolutionError("Failed to resolve '
        "'management.azure.com'\"))"
    )
    finding = explain(ServiceRequestError(text), "looking")
    assert finding.message == (
        "Azure could not be reached while looking: 'management.azure.com' does not answer (its "
        "name cannot be resolved)."
    )


def test_every_login_that_was_tried_is_listed() -> None:
    text = (
        "DefaultAzureCredential failed to retrieve a token from the included credentials.\n"
        "Attempted credentials:\n"
        "\tEnvironmentCredential: Environment variables are not fully configured. Visit x.\n"
        "\tAzureCliCredential: Azure CLI not found on path\n"
        "To mitigate this issue, please refer to the troubleshooting guidelines"
    )
    assert not_logged_in(text).message == (
        "No login to Azure works. What was tried:\n"
        "- EnvironmentCredential: Environment variables are not fully configured\n"
        "- AzureCliCredential: Azure CLI not found on path"
    )


def test_advice_about_the_command_line_of_az_is_left_out() -> None:
    text = (
        "\x1b[37m\n1) One or more fields are invalid\n\nDetails: \x1b[31m\n(x) jobs.a.compute: "
        "Missing data\n\x1b[39m\nResolutions: 1) If using the CLI, add --debug"
    )
    finding = explain(MlException(text, text), "reading the document")
    assert finding.message == (
        "Azure ML refused a request while reading the document: jobs.a.compute: Missing data."
    )


def explained_code(function: Callable[[], object]) -> str:
    with pytest.raises(DiagnosticError) as caught, explained("testing"):
        function()
    return caught.value.diagnostics[0].code


def test_what_the_sdk_raises_is_azures_whatever_its_type() -> None:
    broken = "type: pipeline\njobs: 3\n"
    assert explained_code(lambda: load_job(io.StringIO(broken))) == "KAZ708"


def test_what_we_raise_is_a_defect_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".kedro_azureml").mkdir()
    monkeypatch.chdir(tmp_path)
    # The SDK is asked for nothing here: the mistake is the caller's.
    assert explained_code(lambda: PipelineJob(jobs={}).jobs["no such step"]) == "KAZ901"
    assert explained_code(lambda: is_missing(None, "one too many")) == "KAZ901"  # type: ignore[call-arg,arg-type]
    files = list((tmp_path / ".kedro_azureml").glob("defect-*.txt"))
    assert len(files) == 2
    assert any("KeyError: 'no such step'" in file.read_text() for file in files)


def test_what_was_silenced_speaks_again() -> None:
    azure, pool = logging.getLogger("azure"), logging.getLogger("urllib3.connectionpool")
    pool.setLevel(logging.DEBUG)
    before = (azure.level, pool.level, sys.stderr, list(warnings.filters))
    with quiet():
        assert {azure.level, pool.level} == {logging.CRITICAL}
    assert (azure.level, pool.level, sys.stderr, list(warnings.filters)) == before
    pool.setLevel(logging.NOTSET)
