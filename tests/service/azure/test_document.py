"""What of a document reaches the service, and from where."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.kit.azureml.http.messages import Request
from tests.kit.submission import Kedro
from tests.kit.terminal import CTRL_C, run_kedro_on_terminal
from tests.kit.waiting import PATIENCE
from tests.service.azure.test_bad_input import start

pytest_plugins = ("tests.kit.azureml.fixtures", "tests.kit.fixtures")


def compiled(kedro: Kedro) -> dict[str, Any]:
    kedro("compile")
    document: dict[str, Any] = yaml.safe_load((kedro.project / "pipeline.yml").read_text())
    return document


def submit(kedro: Kedro, document: dict[str, Any]) -> dict[str, Any]:
    """Submit a document; the job as the service got it."""
    (kedro.project / "changed.yml").write_text(yaml.safe_dump(document))
    kedro("run", "-f", "changed.yml")
    return kedro.service.jobs.runs[kedro.job].definition


def test_what_belongs_to_a_step_survives(kedro: Kedro) -> None:
    document = compiled(kedro)
    step = document["jobs"]["first"]
    step["component"]["resources"] = {"instance_count": 2, "shm_size": "8g"}
    step["component"]["distribution"] = {"type": "pytorch", "process_count_per_instance": 4}
    step["limits"] = {"timeout": 3600}
    step["environment_variables"] = {"LEVEL": 'it\'s "debug" $HOME'}
    step["identity"] = {"type": "managed"}
    document["jobs"]["second"]["compute"] = "serverless"
    document["settings"]["force_rerun"] = True
    sent = submit(kedro, document)
    node = sent["jobs"]["first"]
    assert node["resources"]["instance_count"] == 2
    assert node["resources"]["shm_size"] == "8g"
    assert node["distribution"]["process_count_per_instance"] == 4
    assert node["limits"]["timeout"] in (3600, "PT1H")
    assert node["environment_variables"] == {"LEVEL": 'it\'s "debug" $HOME'}
    assert "managed" in str(node["identity"]).lower()
    assert sent["jobs"]["second"]["computeId"].endswith("serverless")
    assert sent["settings"]["force_rerun"] is True
    assert sent["settings"]["continue_on_step_failure"] is False


def test_commands_reach_the_service_verbatim(kedro: Kedro) -> None:
    document = compiled(kedro)
    submit(kedro, document)
    components = kedro.service.workspace.assets["components"]["azureml_anonymous"]
    sent = {c["componentSpec"]["command"] for c in components.values()}
    assert sent == {step["component"]["command"] for step in document["jobs"].values()}
    assert not any(c["componentSpec"]["is_deterministic"] for c in components.values())


def test_data_assets_are_resolved(kedro: Kedro) -> None:
    properties = {
        "dataType": "uri_file",
        "dataUri": "azureml://datastores/workspaceblobstore/paths/companies.csv",
        "isAnonymous": False,
        "isArchived": False,
    }
    kedro.service.workspace.assets["data"] = {"companies": {"1": properties, "2": properties}}
    document = compiled(kedro)
    document["inputs"]["companies"]["path"] = "azureml:companies@latest"
    sent = submit(kedro, document)
    assert sent["inputs"]["companies"]["uri"].endswith("/data/companies/versions/2")

    document["inputs"]["companies"]["path"] = "azureml:companies:7"
    (kedro.project / "changed.yml").write_text(yaml.safe_dump(document))
    said = kedro.refused("KAZ707", "run", "-f", "changed.yml")
    assert "The data asset 'companies' has no version '7'" in said
    document["inputs"]["companies"]["path"] = "azureml:company@latest"
    (kedro.project / "changed.yml").write_text(yaml.safe_dump(document))
    said = kedro.refused("KAZ707", "run", "-f", "changed.yml")
    assert "Did you mean 'companies'?" in said


def test_folders_and_hostile_names(kedro: Kedro) -> None:
    """Raw inputs reach storage under the names that they have."""
    folder = kedro.project / "data/01_raw/it's a folder é"
    folder.mkdir()
    (folder / "a b.csv").write_text("1")
    (kedro.project / "conf/base/catalog.yml").write_text(
        "companies:\n  type: partitions.PartitionedDataset\n"
        '  path: "data/01_raw/it\'s a folder é"\n  dataset: pandas.CSVDataset\n'
    )
    kedro("run")
    sent = kedro.service.jobs.runs[kedro.job].definition["inputs"]["companies"]
    assert sent["uri"].endswith("/it's a folder é/")
    names = kedro.service.storage.names(kedro.service.workspace.blob_container)
    assert [name.split("/", 2)[2] for name in names] == ["it's a folder é/a b.csv"]


def test_a_document_from_another_folder(kedro: Kedro) -> None:
    """Its paths are relative to the file."""
    kedro("compile", "-o", "build/deep/job.yml")
    inside = kedro.project / "build"
    os.chdir(inside)
    kedro("run", "-f", "build/deep/job.yml")
    names = kedro.service.storage.names(kedro.service.workspace.blob_container)
    assert [Path(name).name for name in names] == ["companies.csv"]


def test_a_document_that_is_none(kedro: Kedro) -> None:
    (kedro.project / "bad.yml").write_text("type: command\ncommand: echo\n")
    assert "holds no pipeline job" in kedro.refused("KAZ601", "run", "-f", "bad.yml")
    assert "cannot be read" in kedro.refused("KAZ601", "run", "-f", "nowhere.yml")


def test_control_c_before_the_job_is_made(kedro: Kedro) -> None:
    """Nothing half-done is left unmentioned."""
    process = start(kedro, "run")

    def interrupt(request: Request) -> bool:
        if "startPendingUpload" in request.path and process.poll() is None:
            os.kill(process.pid, signal.SIGINT)
        return False

    fault = kedro.service.inject("drop", times=0)
    fault.takes = interrupt  # type: ignore[method-assign]
    _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert "No job was submitted." in errors
    assert "Traceback" not in errors
    assert kedro.service.jobs.created == 0


def test_on_a_terminal_steps_are_a_table(kedro: Kedro) -> None:
    kedro.service.execution.mode = "real"
    code, screen = run_kedro_on_terminal(
        kedro.project,
        *("azureml", "run", "--wait-for-completion"),
        conversation=(),
        **kedro.variables(),
    )
    assert code == 0, screen
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", screen)
    assert re.search(r"^first +(Running|Completed|Preparing|NotStarted)", plain, re.M)
    assert "of 2 steps completed" in plain
    assert "experimental" not in plain
    assert re.search(rf"{kedro.job}: Completed in .* 2 completed", plain)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("run", "--aml-env", "nosuch:1"), "KAZ706"),
        (("run", "--dry-run"), "Nothing was submitted."),
        (("job", "watch", "nosuch"), "KAZ710"),
    ],
    ids=lambda v: v if isinstance(v, str) else "",
)
def test_what_follows_a_spinner_is_seen_on_a_terminal(
    kedro: Kedro, arguments: tuple[str, ...], said: str
) -> None:
    """Rich's Live would put back a standard error that was only the SDK's sink."""
    _, screen = run_kedro_on_terminal(
        kedro.project, "azureml", *arguments, conversation=(), **kedro.variables()
    )
    assert said in screen


def test_a_failure_is_explained_on_a_terminal(kedro: Kedro) -> None:
    kedro.service.execution.mode = "real"
    kedro.service.execution.failing = {"second": "the disk is on fire"}
    code, screen = run_kedro_on_terminal(
        kedro.project,
        *("azureml", "run", "--wait-for-completion"),
        conversation=(),
        **kedro.variables(),
    )
    assert code == 1
    assert "KAZ711" in screen
    assert f"kedro azureml job logs {kedro.job} second" in " ".join(screen.split())


def test_control_c_on_a_terminal_says_how_to_go_on(kedro: Kedro) -> None:
    kedro.service.execution.mode = "held"
    kedro("run")
    code, screen = run_kedro_on_terminal(
        kedro.project,
        *("azureml", "job", "watch", kedro.job),
        conversation=[("steps completed", CTRL_C)],
        **kedro.variables(),
    )
    assert code == 130, screen
    assert f"cancel it:      kedro azureml job cancel {kedro.job}" in screen


def test_a_document_of_somebody_else(kedro: Kedro) -> None:
    """It could upload whatever its reader may read: that is asked for, once per document."""
    document = compiled(kedro)
    secret = kedro.project.parent / "outside.csv"
    secret.write_text("a,b\n")
    document["inputs"]["companies"]["path"] = f"../{secret.name}"
    (kedro.project / "changed.yml").write_text(yaml.safe_dump(document))
    said = kedro.refused("KAZ512", "run", "-f", "changed.yml")
    assert f"would upload '../{secret.name}', outside of its own folder" in said
    assert not [s for s in kedro.service.requests if s.method == "PUT"]
    kedro("run", "-f", "changed.yml", "--allow-outside")
    names = kedro.service.storage.names(kedro.service.workspace.blob_container)
    assert [Path(name).name for name in names] == [secret.name]


@pytest.mark.parametrize("path", ["../outside.csv", "git+/../../outside.csv", "x://../outside.csv"])
def test_a_step_of_somebody_elses_document(kedro: Kedro, path: str) -> None:
    """The SDK uploads what stands at a step, and what it does not know as an address."""
    document = compiled(kedro)
    (kedro.project.parent / "outside.csv").write_text("a,b\n")
    step = document["jobs"]["first"]
    step["component"].setdefault("inputs", {})["extra"] = {"type": "uri_file"}
    step.setdefault("inputs", {})["extra"] = {"type": "uri_file", "path": path}
    (kedro.project / "changed.yml").write_text(yaml.safe_dump(document))
    kedro("run", "-f", "changed.yml", check=False)
    assert not [s for s in kedro.service.requests if s.method == "PUT"]


def test_a_document_chooses_no_container_for_a_key(kedro: Kedro) -> None:
    document = compiled(kedro)
    component = document["jobs"]["first"]["component"]
    component["command"] += " --storage https://acc.blob.core.windows.net/payroll"
    (kedro.project / "changed.yml").write_text(yaml.safe_dump(document))
    said = kedro.refused(
        "KAZ801",
        "run",
        "-f",
        "changed.yml",
        variables={"AZURE_STORAGE_ACCOUNT_KEY": "a" * 86 + "=="},
    )
    assert "https://acc.blob.core.windows.net/payroll" in said
    assert "azureml.yml names no temporary storage" in said
