"""Data and models of the test service, through the unmodified SDK and in steps that it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.kit.azureml.samples import SUBMIT, WAIT, WriteJob, step
from tests.kit.azureml.sdk import Sdk, SdkError
from tests.kit.azureml.service import AzureService
from tests.kit.azureml.workspace.workspace import ARTIFACT_CONTAINER

pytest_plugins = ("tests.kit.azureml.fixtures",)

_DATA = """
from azure.ai.ml.entities import Data, Model
def put(name, version=None, path="raw.txt", type="uri_file", **more):
    data = Data(name=name, version=version, path=folder + "/" + path, type=type, **more)
    return ml.data.create_or_update(data).version
"""


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    folder = tmp_path / "tables"
    folder.mkdir()
    (folder / "a.csv").write_text("a")
    (folder / "b.csv").write_text("b")
    (folder / "MLTable").write_text("paths:\n  - pattern: ./*.csv\n")
    return folder


def reading(kind: str, path: str, command: str, mode: str | None = None) -> dict[str, Any]:
    """A job that reads one input."""
    data = {"type": kind, "path": path, **({"mode": mode} if mode else {})}
    made = step(command, inputs={"data": {"type": kind}})
    bound: Any = "${{parent.inputs.data}}"
    made["inputs"] = {"data": {"path": bound, "mode": mode} if mode else bound}
    return {"inputs": {"data": data}, "outputs": {}, "jobs": {"read": made}}


def outcome(service: AzureService, sdk: Sdk) -> tuple[str, str]:
    """How the job ended, and what its step has printed or the job complained of."""
    sdk.run(SUBMIT)
    status = sdk.run(WAIT)
    run = service.jobs.runs["the-job"]
    child = run.children["read"]
    if not child.logs:
        return status, str(run.error)
    name = f"{child.artifacts}/user_logs/std_log.txt"
    return status, service.storage.read(ARTIFACT_CONTAINER, name).decode().strip()


def test_versions_numbers_and_latest(azure_service: AzureService, sdk: Sdk) -> None:
    """The latest is the one that was made last; the next number follows the highest."""
    found = sdk.run(
        f"""{_DATA}
        made = [put("d"), put("d", "7"), put("d", "3")]
        latest = ml.data.get("d", label="latest").version
        made.append(put("d"))
        result = {{
            "made": made,
            "latest": [latest, ml.data.get("d", label="latest").version],
            "listed": [d.version for d in ml.data.list("d")],
            "names": [d.name for d in ml.data.list()],
            "type": ml.data.get("d", "7").type,
        }}
        """.replace("\n        ", "\n")
    )
    assert found == {
        "made": ["1", "7", "3", "8"],
        "latest": ["3", "8"],
        "listed": ["8", "3", "7", "1"],
        "names": ["d"],
        "type": "uri_file",
    }


def test_version_does_not_change(azure_service: AzureService, sdk: Sdk) -> None:
    sdk.run(_DATA + 'put("d", "1", description="one"); put("d", "1", description="two")')
    assert azure_service.workspace.assets["data"]["d"]["1"]["description"] == "two"
    with pytest.raises(SdkError, match="Asset paths cannot be updated"):
        sdk.run(_DATA + 'put("d", "1", path="src", type="uri_folder")')


def test_archived_versions_are_not_listed(azure_service: AzureService, sdk: Sdk) -> None:
    sdk.run(_DATA + 'put("d", "1"); put("d", "2"); ml.data.archive("d", "1")')
    assert sdk.run('result = [d.version for d in ml.data.list("d")]') == ["2"]


def test_models(azure_service: AzureService, sdk: Sdk, submitter: Path) -> None:
    found = sdk.run(
        _DATA
        + """
def model(**more):
    return ml.models.create_or_update(Model(path=folder + "/src", type="custom_model", **more))
versions = [model(name="m").version, model(name="m").version]
result = [versions, ml.models.get("m", label="latest").version, ml.models.get("m", "1").type]
"""
    )
    assert found == [["1", "2"], "2", "custom_model"]


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ('ml.data.get("gone", label="latest")', "(?i)gone"),
        ('ml.data.get("d", "9")', "Not found: data d:9"),
        ('ml.models.get("gone", "1")', "Not found: models gone:1"),
    ],
)
def test_missing_assets(azure_service: AzureService, sdk: Sdk, code: str, message: str) -> None:
    with pytest.raises(SdkError, match=message):
        sdk.run(code)


@pytest.mark.parametrize(
    ("kind", "path", "mode", "log"),
    [
        ("uri_file", "azureml:number@latest", None, "INPUT_data/raw.txt"),
        ("uri_file", "azureml:number:1", "download", "INPUT_data/raw.txt"),
        ("uri_folder", "azureml:tables:1", None, "INPUT_data MLTable a.csv b.csv"),
        ("mltable", "azureml:table:1", None, "INPUT_data MLTable a.csv b.csv"),
        ("mltable", "azureml:table:1", "eval_mount", "INPUT_data a.csv b.csv"),
        ("mltable", "azureml:table:1", "eval_download", "INPUT_data a.csv b.csv"),
        ("custom_model", "azureml:model:1", None, "INPUT_data MLTable a.csv b.csv"),
        ("mlflow_model", "azureml:flow@latest", None, "INPUT_data MLTable a.csv b.csv"),
        ("uri_folder", "REGISTRY", None, "INPUT_data MLTable a.csv b.csv"),
        ("uri_file", "https://files.example.org/x/raw.txt", None, "INPUT_data/raw.txt"),
        ("uri_file", "azureml://datastores/other/paths/in/raw.txt", None, "INPUT_data/raw.txt"),
    ],
)
def test_inputs_that_name_things(
    azure_service: AzureService,
    sdk: Sdk,
    write_job: WriteJob,
    submitter: Path,
    tables: Path,
    kind: str,
    path: str,
    mode: str | None,
    log: str,
) -> None:
    workspace = azure_service.workspace
    workspace.add_data("number", submitter / "raw.txt")
    workspace.add_data("tables", tables)
    workspace.add_data("table", tables, kind="mltable")
    workspace.add_model("model", tables, kind="custom_model")
    workspace.add_model("flow", tables)
    workspace.publish("x/raw.txt", b"abc")
    workspace.add_datastore("other", "other-container")
    azure_service.storage.write("other-container", "in/raw.txt", b"abc")
    path = path.replace("REGISTRY", workspace.share("shared", "data", "tables", "1"))
    show = 'd="${{inputs.data}}"; echo "${d#*/wd/}" $(test -d "$d" && ls "$d")'
    write_job(**reading(kind, path, show, mode))
    assert outcome(azure_service, sdk) == ("Completed", log)


def test_direct_input_is_an_address(
    azure_service: AzureService, sdk: Sdk, write_job: WriteJob, tables: Path
) -> None:
    azure_service.workspace.add_datastore("other", "other-container")
    azure_service.storage.write("other-container", "in/raw.txt", b"abc")
    address = "azureml://datastores/other/paths/in/"
    write_job(**reading("uri_folder", address, 'echo "${{inputs.data}}"', "direct"))
    status, log = outcome(azure_service, sdk)
    assert status == "Completed"
    assert log.startswith("azureml://subscriptions/")
    assert log.endswith("/datastores/other/paths/in/")


def test_output_of_another_job(
    azure_service: AzureService, sdk: Sdk, write_job: WriteJob, submitter: Path
) -> None:
    write_job()
    sdk.run(SUBMIT.replace("the-job", "before"))
    assert sdk.run(WAIT.replace("the-job", "before")) == "Completed"
    first = azure_service.jobs.runs["before"].children["first"].id
    for path, expected in {
        "azureml://jobs/before/outputs/final": "deep upper.txt",
        f"azureml://jobs/{first}/outputs/out/paths/deep/": "empty.txt",
        f"azureml:azureml_{first}_output_data_out:1": "deep upper.txt",
    }.items():
        azure_service.jobs.runs.pop("the-job", None)
        write_job(**reading("uri_folder", path, 'ls "${{inputs.data}}" | xargs'))
        assert outcome(azure_service, sdk) == ("Completed", expected)
    assert sdk.run("result = [d.name for d in ml.data.list()]") == []


@pytest.mark.parametrize(
    ("kind", "path", "message"),
    [
        ("uri_file", "azureml:tables:1", "is of the type uri_folder, and not uri_file"),
        ("uri_folder", "azureml:tables:9", "data/tables/versions/9"),
        ("uri_folder", "azureml://datastores/gone/paths/a/", "the datastore gone"),
        ("uri_folder", "azureml://datastores/workspaceblobstore/paths/gone/", "data at azureml:"),
        ("uri_folder", "azureml://registries/shared/data/gone/versions/1", "registries/shared"),
        ("uri_folder", "azureml://jobs/gone/outputs/o", "no output o of a job gone"),
    ],
)
def test_inputs_that_are_not_there(
    azure_service: AzureService,
    sdk: Sdk,
    write_job: WriteJob,
    tables: Path,
    kind: str,
    path: str,
    message: str,
) -> None:
    azure_service.workspace.add_data("tables", tables)
    write_job(**reading(kind, path, "true"))
    status, complaint = outcome(azure_service, sdk)
    assert status == "Failed"
    assert message in complaint


def test_client_of_a_registry(azure_service: AzureService, sdk: Sdk, tables: Path) -> None:
    workspace = azure_service.workspace
    for kind, version in (("data", "1"), ("data", "2"), ("models", "5")):
        workspace.add_data("tables", tables, version)
        workspace.add_model("tables", tables, version)
        workspace.share("shared", kind, "tables", version)
    code = """
        from azure.ai.ml import MLClient
        shared = MLClient(DefaultAzureCredential(), registry_name="shared")
"""
    found = sdk.run(
        code
        + """
        data = shared.data.get("tables", version="1")
        newest = shared.data.get("tables", label="latest").version
        result = [data.type, data.id, newest, shared.models.get("tables", "5").type]
    """
    )
    assert found[0] == "uri_folder"
    assert found[1].endswith("registries/shared/data/tables/versions/1")
    assert found[2:] == ["2", "mlflow_model"]
    with pytest.raises(SdkError, match="Not found: data gone:1"):
        sdk.run(code + '        shared.data.get("gone", version="1")')
    with pytest.raises(SdkError, match="registry nobody was not found"):
        sdk.run(
            """
            from azure.ai.ml import MLClient
            MLClient(DefaultAzureCredential(), registry_name="nobody").data.get("a", version="1")
            """
        )
