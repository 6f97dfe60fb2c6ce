"""What goes wrong with Azure is a sentence to act on, with nothing half-done left unmentioned."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.kit.azureml.service import AzureService
from tests.kit.shell import environment
from tests.kit.submission import Kedro, azureml_yml
from tests.kit.waiting import PATIENCE

pytest_plugins = ("tests.kit.azureml.fixtures", "tests.kit.fixtures")

LOGIN = ("AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET", "AZURE_TENANT_ID")


def configure(kedro: Kedro, **changes: str) -> None:
    text = azureml_yml(kedro.service, **changes)
    (kedro.project / "conf/base/azureml.yml").write_text(text)


def nothing_was_made(service: AzureService) -> bool:
    return not [s for s in service.requests if s.method == "PUT"]


def test_wrong_subscription(kedro: Kedro) -> None:
    said = kedro.refused("KAZ704", "run", "-s", "00000000-0000-0000-0000-000000000000")
    assert "The subscription does not exist, or you cannot see it" in said
    assert nothing_was_made(kedro.service)


def test_a_subscription_that_is_none(kedro: Kedro) -> None:
    said = kedro.refused("KAZ107", "run", "-s", "my-subscription")
    assert "'my-subscription' is not a subscription id" in said


def test_no_subscription_at_all(kedro: Kedro) -> None:
    said = kedro.refused("KAZ108", "run", variables={"AZURE_SUBSCRIPTION_ID": ""})
    assert "AZURE_SUBSCRIPTION_ID" in said


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("resource_group", "The resource group does not exist"),
        ("workspace_name", "has no Azure ML workspace 'wrong'"),
    ],
)
def test_wrong_workspace(kedro: Kedro, key: str, message: str) -> None:
    configure(kedro, **{key: "wrong"})
    assert message in kedro.refused("KAZ704", "run")
    assert message in kedro.refused("KAZ704", "job", "show", "a-job")
    assert message in kedro.refused("KAZ704", "job", "list")
    assert nothing_was_made(kedro.service)


def test_everything_that_is_missing_is_said_at_once(kedro: Kedro) -> None:
    configure(kedro, environment_name="test-evn@latest")
    text = (kedro.project / "conf/base/azureml.yml").read_text()
    text = text.replace("cpu-cluster", "cpu-clutser")
    (kedro.project / "conf/base/azureml.yml").write_text(text)
    said = kedro.refused("KAZ705", "run")
    assert "The workspace has no compute 'cpu-clutser'. Did you mean 'cpu-cluster'?" in said
    assert "error KAZ706" in said
    assert "The workspace has no environment 'test-evn'. Did you mean 'test-env'?" in said
    assert nothing_was_made(kedro.service)


def test_a_version_that_is_missing(kedro: Kedro) -> None:
    said = kedro.refused("KAZ706", "run", "--aml-env", "test-env:7")
    assert "The environment 'test-env' has no version '7'. Known: '1'." in said


def test_a_compute_instance_that_is_stopped(kedro: Kedro) -> None:
    kedro.service.workspace.add_compute("mine", "ComputeInstance", state="Stopped")
    text = (kedro.project / "conf/base/azureml.yml").read_text()
    (kedro.project / "conf/base/azureml.yml").write_text(text.replace("cpu-cluster", "mine"))
    said = kedro.refused("KAZ705", "run")
    assert "'mine' is a compute instance that is not running (its state is Stopped)" in said
    assert "az ml compute start --name mine" in said


def test_a_compute_that_failed(kedro: Kedro) -> None:
    kedro.service.workspace.add_compute("k8s", "Kubernetes", provisioning="Failed")
    text = (kedro.project / "conf/base/azureml.yml").read_text()
    (kedro.project / "conf/base/azureml.yml").write_text(text.replace("cpu-cluster", "k8s"))
    assert "its provisioning state is Failed" in kedro.refused("KAZ705", "run")


@pytest.mark.parametrize("kind", ["ComputeInstance", "Kubernetes", "serverless"])
def test_other_computes(kedro: Kedro, kind: str) -> None:
    name = "serverless" if kind == "serverless" else "other"
    if kind == "ComputeInstance":
        kedro.service.workspace.add_compute(name, "ComputeInstance")
    if kind == "Kubernetes":
        kedro.service.workspace.add_compute(name, "Kubernetes")
    text = (kedro.project / "conf/base/azureml.yml").read_text()
    (kedro.project / "conf/base/azureml.yml").write_text(text.replace("cpu-cluster", name))
    kedro("run")
    assert kedro.service.jobs.created == 1


@pytest.mark.parametrize("path", ["workspaces/[^/]+$", "/codes/", "/components/", "/jobs/"])
def test_no_permission(kedro: Kedro, path: str) -> None:
    kedro.service.inject("forbidden", path=path, times=None)
    said = kedro.refused("KAZ703", "run")
    assert "AzureML Data Scientist" in said
    assert kedro.service.jobs.created == 0


def test_a_secret_that_is_wrong(kedro: Kedro) -> None:
    said = kedro.refused("KAZ702", "run", variables={"AZURE_CLIENT_SECRET": "not-the-secret"})
    assert "EnvironmentCredential" in said
    assert "AADSTS7000215" in said
    assert "not-the-secret" not in said


def test_no_login(kedro: Kedro) -> None:
    said = kedro.refused("KAZ702", "run", variables=dict.fromkeys(LOGIN))
    for tried in ("EnvironmentCredential", "ManagedIdentityCredential", "AzureCliCredential"):
        assert tried in said
    assert "Run 'az login'" in said


def test_a_login_whose_variables_are_empty(kedro: Kedro) -> None:
    said = kedro.refused("KAZ702", "run", variables=dict.fromkeys(LOGIN, ""))
    assert "AZURE_CLIENT_ID" in said


def test_a_login_that_has_expired(kedro: Kedro) -> None:
    kedro.service.inject("expired", host="management", times=None)
    said = kedro.refused("KAZ702", "run")
    assert "Azure does not accept the login" in said
    assert "'az login'" in said


def test_no_network(kedro: Kedro) -> None:
    said = kedro.refused("KAZ709", "run", variables={"HTTPS_PROXY": "http://127.0.0.1:9"})
    assert "Azure could not be reached" in said
    assert "HTTPS_PROXY" in said


def test_a_service_that_is_down(kedro: Kedro) -> None:
    kedro.service.inject("unavailable", path="/computes/", times=None)
    assert "it keeps answering 503" in kedro.refused("KAZ709", "run")


@pytest.mark.parametrize(
    "command", [["show"], ["watch"], ["logs"], ["cancel"], ["download"]], ids=lambda c: str(c[0])
)
def test_unknown_job(kedro: Kedro, command: list[str]) -> None:
    said = kedro.refused("KAZ710", "job", *command, "no-such-job")
    assert "The workspace has no job 'no-such-job'" in said


def test_without_the_azure_extra(kedro: Kedro, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\n\n"
        "class Fence:\n"
        "    @staticmethod\n"
        "    def find_spec(name, path=None, target=None):\n"
        "        if name.startswith('azure'):\n"
        "            raise ModuleNotFoundError(name, name=name)\n\n"
        "sys.meta_path.insert(0, Fence)\n"
    )
    plain = Kedro(kedro.service, kedro.project)
    without = {"PYTHONPATH": str(tmp_path)}
    for command in (["run"], ["job", "list"]):
        said = plain.refused("KAZ701", *command, variables=without)
        assert "pip install 'kedro-azureml[azure]'" in said
    plain("compile", variables=without)
    assert kedro.service.requests == []


def start(kedro: Kedro, *arguments: str, **variables: str) -> subprocess.Popen[str]:
    """A command that goes on for as long as its job does."""
    return subprocess.Popen(
        [sys.executable, "-m", "kedro", "azureml", *arguments],
        cwd=kedro.project,
        env=environment(**kedro.variables(), **variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_until_watched(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("Watching"):
            return
    assert process.stderr is not None
    raise AssertionError(process.stderr.read())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=lambda n: n.name)
def test_a_download_that_is_ended_leaves_nothing(
    number: signal.Signals, kedro: Kedro, tmp_path: Path
) -> None:
    kedro.service.execution.mode = "real"
    kedro("run", "--wait-for-completion")
    before = sorted(kedro.project.rglob("*"))
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    process = start(kedro, "job", "download", kedro.job, "--into-catalog", TMPDIR=str(scratch))
    while not list(scratch.glob("kedro-azureml-*")):
        assert process.poll() is None
        time.sleep(0.01)
    os.kill(process.pid, number)
    _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert "Interrupted." in errors
    assert list(scratch.glob("kedro-azureml-*")) == []
    assert sorted(kedro.project.rglob("*")) == before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda n: n.name)
def test_control_c_leaves_the_job(number: signal.Signals, kedro: Kedro) -> None:
    kedro.service.execution.mode = "held"
    process = start(kedro, "run", "--wait-for-completion")
    wait_until_watched(process)
    os.kill(process.pid, number)
    _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert "The job goes on" in errors
    assert f"kedro azureml job watch {kedro.job}" in errors
    assert f"kedro azureml job cancel {kedro.job}" in errors
    assert "Traceback" not in errors
    assert not kedro.service.jobs.runs[kedro.job].cancel.is_set()


def test_a_callback_that_cannot_be_imported(kedro: Kedro) -> None:
    said = kedro.refused("KAZ712", "run", "--on-job-scheduled", "no_such_module:call")
    assert "No module named 'no_such_module'" in said
    assert "Nothing was submitted" in said
    assert nothing_was_made(kedro.service)


def test_a_callback(kedro: Kedro) -> None:
    module = kedro.project / "src/minimal/callbacks.py"
    module.write_text(
        "def show(job):\n    print('CALLED', job.name, job.studio_url)\n\n"
        "def fail(job):\n    raise ValueError('not today')\n"
    )
    done = kedro("run", "--on-job-scheduled", "minimal.callbacks:show")
    assert f"CALLED {kedro.job} https://ml.azure.com/runs/{kedro.job}" in done.stdout
    assert "Studio:" not in done.stdout

    said = kedro.refused("KAZ712", "run", "--on-job-scheduled", "minimal.callbacks:fail")
    assert "ValueError: not today" in said
    assert f"The job '{kedro.job}' is submitted all the same" in said
    assert kedro.service.jobs.created == 2


def test_credentials_in_the_snapshot(kedro: Kedro) -> None:
    (kedro.project / ".env").write_text("TOKEN=abc")
    said = kedro.refused("KAZ503", "run")
    assert "would upload .env" in said
    assert "--allow-credentials" in said
    assert kedro.service.requests == []
    done = kedro("run", "--allow-credentials")
    assert "warning KAZ503" in done.stderr
    assert kedro.service.jobs.created == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "--warm"], "--warm belongs to a rehearsal"),
        (["run", "--local", "--tag", "a=b"], "--tag belongs to a job on Azure ML"),
        (["run", "--tag", "a"], "'a' is not of the form NAME=VALUE"),
        (["run", "--experiment-name", "no spaces"], "'no spaces' is not an experiment name"),
        (["run", "-f", "job.yml", "-p", "x"], "--pipeline changes what is compiled"),
        (["job", "download", "j", "-o", "a", "--into-catalog"], "Give only one of them"),
    ],
)
def test_options_that_make_no_sense(kedro: Kedro, arguments: list[str], message: str) -> None:
    assert message in kedro.refused("KAZ107", *arguments)
