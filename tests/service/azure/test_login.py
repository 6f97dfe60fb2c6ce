"""The ways to log in, and that no secret goes where it does not belong."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.kit.submission import Kedro, small_project
from tests.service.azure.test_watch import at_look, complete

pytest_plugins = ("tests.kit.azureml.fixtures", "tests.kit.fixtures")

PRINCIPAL = ("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET")
SENTINEL = "s3ntinel-Zx81-do-not-tell"


def without_principal(**others: str) -> dict[str, str | None]:
    return {**dict.fromkeys(PRINCIPAL), **others}


@pytest.fixture
def az(kedro: Kedro, tmp_path: Path) -> Path:
    """An Azure CLI, logged in; the folder that it is in."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = kedro.service.identities.write_az(folder, kedro.service.workspace.subscription)
    subprocess.run([program, "login"], check=True)
    return folder


def on_path(folder: Path) -> str:
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


def test_azure_cli(kedro: Kedro, az: Path) -> None:
    before = len(kedro.service.login.scopes)
    kedro("run", variables=without_principal(PATH=on_path(az)))
    assert kedro.service.jobs.created == 1
    # One token for each of the two services, however many clients the SDK has.
    assert len(kedro.service.login.scopes) - before == 2


def test_azure_cli_without_a_login(kedro: Kedro, az: Path) -> None:
    subprocess.run([az / "az", "logout"], check=True)
    said = kedro.refused("KAZ702", "run", variables=without_principal(PATH=on_path(az)))
    assert "AzureCliCredential: Please run 'az login'" in said


def test_workload_identity(kedro: Kedro, tmp_path: Path) -> None:
    login = kedro.service.login
    token = tmp_path / "token"
    token.write_text(login.assertion)
    kedro(
        "run",
        variables=without_principal(
            AZURE_TENANT_ID=login.tenant,
            AZURE_CLIENT_ID=login.client,
            AZURE_FEDERATED_TOKEN_FILE=str(token),
        ),
    )
    assert kedro.service.jobs.created == 1


def test_managed_identity_of_a_compute(kedro: Kedro) -> None:
    kedro("run", variables=without_principal(**kedro.service.identities.compute_environment))
    assert kedro.service.jobs.created == 1


def test_az_login_counts_more_than_the_identity_of_a_compute_instance(
    kedro: Kedro, az: Path
) -> None:
    """Such an instance announces an identity that has no rights, or none at all."""
    no_identity = {"MSI_ENDPOINT": "http://127.0.0.1:9/none", "MSI_SECRET": "none"}
    kedro("run", variables=without_principal(PATH=on_path(az), **no_identity))
    assert kedro.service.jobs.created == 1


def test_the_identity_of_a_job_counts_most_inside_of_one(kedro: Kedro, az: Path) -> None:
    subprocess.run([az / "az", "logout"], check=True)
    inside = {**kedro.service.identities.compute_environment, "AZUREML_RUN_ID": "a-job"}
    kedro("run", variables=without_principal(PATH=on_path(az), **inside))
    assert kedro.service.jobs.created == 1


def test_a_compute_instance_without_any_login(kedro: Kedro) -> None:
    no_identity = {"MSI_ENDPOINT": "http://127.0.0.1:9/none", "MSI_SECRET": "none"}
    said = kedro.refused("KAZ702", "run", variables=without_principal(**no_identity))
    assert "AzureCliCredential" in said
    assert "ManagedIdentityCredential" in said


def test_a_login_that_is_lost_while_a_job_is_watched(kedro: Kedro, az: Path) -> None:
    """Said at once, once, with what to type; where it comes back in time, nothing is lost."""
    kedro.service.execution.mode = "held"
    kedro("run")

    def lose() -> None:
        subprocess.run([az / "az", "logout"], check=True)
        kedro.service.login.expire_tokens()

    def log_in_again() -> None:
        subprocess.run([az / "az", "login"], check=True)
        complete(kedro)

    # A trouble of another kind comes first: it must not hide this one.
    fault = kedro.service.inject("missing", path="/details", number=2)
    at_look(kedro, 3, lose)
    at_look(kedro, 9, log_in_again)
    options = ["job", "watch", kedro.job, "--follow-logs"]
    done = kedro(*options, variables=without_principal(PATH=on_path(az)))
    assert fault.hits == 1
    said = [line for line in done.stdout.splitlines() if "The login to Azure was lost" in line]
    assert len(said) == 1
    assert "Run 'az login'" in said[0]
    assert "KAZ702" in said[0]
    assert f"{kedro.job}: Completed" in done.stdout


@pytest.mark.parametrize("cloud", ["AzureUSGovernment", "AzureChinaCloud"])
def test_sovereign_clouds(kedro: Kedro, cloud: str, tmp_path: Path) -> None:
    service = kedro.service
    service.reset(cloud=cloud)
    service.execution.mode = "instant"
    kedro.project = small_project(service, tmp_path / "sovereign")
    settings = kedro.project / "conf/base/azureml.yml"
    settings.write_text(f"{settings.read_text()}  cloud: {cloud}\n")
    done = kedro("run")
    assert service.jobs.created == 1
    public = ("management.azure.com", "login.microsoftonline.com", ".windows.net", ".azureml.ms")
    assert not [s for s in service.requests if s.host.endswith(public)]
    assert f"https://{service.workspace.cloud.studio}/runs/{kedro.job}" in done.stdout
    kedro("job", "watch", kedro.job)


def test_the_subscription_that_counts(kedro: Kedro) -> None:
    """The option, else azureml.yml, else the environment."""
    right, wrong = kedro.service.workspace.subscription, "00000000-0000-0000-0000-000000000000"
    settings = kedro.project / "conf/base/azureml.yml"
    settings.write_text(
        settings.read_text().replace("azure:", f"azure:\n  subscription_id: {right}")
    )
    from_file = kedro("run", variables={"AZURE_SUBSCRIPTION_ID": wrong})
    assert f"subscription {right} (from azureml.yml)" in from_file.stderr
    settings.write_text(settings.read_text().replace(right, wrong))
    from_option = kedro("run", "-s", right, variables={"AZURE_SUBSCRIPTION_ID": wrong})
    assert f"subscription {right} (from -s/--subscription-id)" in from_option.stderr
    assert kedro.service.jobs.created == 2


def test_no_secret_leaves_this_machine(kedro: Kedro) -> None:
    """Neither as a request, nor as a blob, nor in what is printed, nor in a step's log."""
    service = kedro.service
    service.execution.mode = "real"
    credentials = kedro.project / "conf/local/credentials.yml"
    credentials.write_text(f"dev: {{key: {SENTINEL}}}\n")
    variables = {
        "AZURE_STORAGE_ACCOUNT_KEY": SENTINEL,
        "MY_TOKEN": SENTINEL,
        "AZURE_CLIENT_CERTIFICATE_PASSWORD": SENTINEL,
    }
    printed = []
    for arguments in (
        ["compile"],
        ["run", "--dry-run"],
        ["run", "--wait-for-completion", "--follow-logs"],
        ["run", "-f", "pipeline.yml"],
        ["run", "-p", "no_such_pipeline"],
        ["job", "list"],
    ):
        done = kedro(*arguments, check=False, variables=variables)
        printed += [done.stdout, done.stderr]
    name = next(iter(service.jobs.runs))
    for arguments in (["job", "show", name], ["job", "logs", name], ["job", "download", name]):
        done = kedro(*arguments, variables=variables)
        printed += [done.stdout, done.stderr]
    assert service.jobs.created == 2
    for secret in (SENTINEL, service.login.secret, service.storage.key):
        assert service.leaks(secret) == []
        assert secret not in "".join(printed)
    # Signed addresses and tokens are secrets too.
    assert "sig=" not in "".join(printed)
    assert "eyJ" not in "".join(printed)


def test_a_token_in_the_address_of_the_repository(kedro: Kedro) -> None:
    """The SDK tells Azure ML where the code's repository is."""
    address = f"https://user:{SENTINEL}@git.example/team/project.git"
    for arguments in (["init", "-q"], ["remote", "add", "origin", address]):
        subprocess.run(["git", *arguments], cwd=kedro.project, check=True)
    kedro("run")
    assert kedro.service.leaks(SENTINEL) == []
