"""Datasets that lie in Azure: fetched, read by a job's steps, and checked before that."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kedro_azureml.job.references import without_prefix
from kedro_azureml.job.yaml import load_job
from tests.kit.asset_project import CATALOG, EXPECTED, FILES, REGISTRY
from tests.kit.azureml.sdk import Sdk
from tests.kit.azureml.service import AzureService
from tests.kit.forking import ForkServer
from tests.kit.projects import make_project
from tests.kit.shell import run_kedro
from tests.kit.submission import Kedro, azureml_yml

pytest_plugins = ("tests.kit.azureml.fixtures", "tests.kit.fixtures")

RAW = Path("data/01_raw")


def fill(service: AzureService, folder: Path) -> None:
    """Put the project's raw data into the workspace, under other names of files."""
    for name, text in FILES.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    raw = folder / RAW
    renamed = raw / "text of 2026.txt"
    (raw / "text.txt").rename(renamed)
    workspace = service.workspace
    workspace.add_data("text", renamed)
    workspace.add_data("parts", raw / "parts")
    workspace.add_data("wrapped", raw / "wrapped/9", version="10")
    workspace.add_data("wrapped", raw / "wrapped/10", version="9")
    for version in ("1", "2", "3"):
        workspace.add_data("whole", raw / "whole/3/f.txt", version=version)
    workspace.add_datastore("blob", "more")
    for file in (raw / "history.txt").rglob("history.txt"):
        name = file.relative_to(raw / "history.txt").as_posix()
        service.storage.write("more", f"history/{name}", file.read_bytes())


@pytest.fixture
def data(azure_service: AzureService, fork_server: ForkServer, tmp_path: Path) -> Kedro:
    """The project without its raw data, and a workspace that has them."""
    azure_service.execution.mode = "instant"
    fill(azure_service, tmp_path / "in Azure")
    project = make_project(
        tmp_path / "project",
        registry=REGISTRY,
        catalog=CATALOG,
        azureml=azureml_yml(azure_service),
    )
    return Kedro(azure_service, project, fork_server)


def test_a_job_reads_what_kedro_run_reads_after_it_is_fetched(data: Kedro) -> None:
    data.service.execution.mode = "real"
    done = data("run", "--wait-for-completion")
    assert "Input 'text': text@latest is version 1" in done.stderr + done.stdout
    # The latest is the one that was made last.
    assert "Input 'wrapped': wrapped@latest is version 9" in done.stderr + done.stdout
    data("job", "download", data.job, "--into-catalog")
    result = data.project / "data/08/result.txt"
    assert result.read_text() == EXPECTED
    result.unlink()
    data("data", "pull")
    run_kedro(data.project, "run")
    assert result.read_text() == EXPECTED


def test_what_is_fetched_is_fetched_once_and_stays_as_it_is(data: Kedro) -> None:
    first = data.json("data", "pull")
    assert {each["dataset"]: each["status"] for each in first} == dict.fromkeys(
        ["history", "parts", "text", "whole", "wrapped"], "fetched"
    )
    assert {each["dataset"]: each["version"] for each in first} == {
        "history": None,
        "parts": "1",
        "text": "1",
        "whole": "3",
        "wrapped": "9",
    }
    for name, text in FILES.items():
        if "wrapped" not in name:
            assert (data.project / name).read_text() == text
    assert (data.project / RAW / "wrapped/9/sub/w.txt").read_text() == "w10"
    data.service.gateway.seen.clear()
    again = data.json("data", "pull", "text", "parts", "wrapped", "whole")
    assert {each["status"] for each in again} == {"present"}
    assert not [seen for seen in data.service.requests if ".blob." in seen.host]
    # A file that is gone is fetched again.
    (data.project / RAW / "parts/a.txt").unlink()
    data("data", "pull", "parts")
    assert (data.project / RAW / "parts/a.txt").read_text() == "1"


def test_a_newer_version_replaces_an_older_one_that_nobody_changed(
    data: Kedro, tmp_path: Path
) -> None:
    data("data", "pull", "text")
    newer = tmp_path / "newer.txt"
    newer.write_text("newer")
    data.service.workspace.add_data("text", newer, version="2")
    text = data.project / RAW / "text.txt"
    text.write_text("mine")
    said = data.refused("KAZ717", "data", "pull", "text")
    assert "data/01_raw/text.txt was changed since it was fetched" in said
    assert text.read_text() == "mine"
    text.write_text(FILES["data/01_raw/text.txt"])
    data("data", "pull", "text")
    assert text.read_text() == "newer"
    (data.project / ".kedro_azureml/data.json").unlink()
    text.write_text("mine")
    assert "exists, is not what was fetched" in data.refused("KAZ717", "data", "pull", "text")
    assert text.read_text() == "mine"


def test_another_version_by_the_option_of_kedro(data: Kedro) -> None:
    data("data", "pull", "wrapped", "--load-versions", "wrapped:10")
    assert (data.project / RAW / "wrapped/10/sub/w.txt").read_text() == "w9"


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("txt",), "KAZ204", "Did you mean 'text'?"),
        (("result",), "KAZ107", "says nothing of 'result' in Azure"),
        (("text", "-lv", "text"), "KAZ107", "not of the form NAME:VALUE"),
    ],
)
def test_names_that_are_none(
    data: Kedro, arguments: tuple[str, ...], code: str, message: str
) -> None:
    assert message in data.refused(code, "data", "pull", *arguments)


def test_without_a_login(data: Kedro) -> None:
    login = ("AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET", "AZURE_TENANT_ID")
    said = data.refused("KAZ702", "data", "pull", variables=dict.fromkeys(login))
    assert "az login" in said


def catalog(kedro: Kedro, settings: str, path: str = "filepath: data/01_raw/text.txt") -> None:
    entry = f"text: {{type: text.TextDataset, {path}, metadata: {{azureml: {{{settings}}}}}}}\n"
    kept = CATALOG[CATALOG.index("parts:") :]
    (kedro.project / "conf/base/catalog.yml").write_text(entry + kept)


@pytest.mark.parametrize(
    ("settings", "code", "message"),
    [
        ("asset: txt@latest", "KAZ707", "no data asset 'txt'. Did you mean 'text'?"),
        ('asset: "text:7"', "KAZ707", "'text' has no version '7'. Known: '1'."),
        ("asset: text@latest, type: uri_folder", "KAZ716", "is a uri_folder, and text:1 is a uri_"),
        ('asset: "parts:1"', "KAZ716", "type: uri_folder"),
        ("asset: azureml://datastores/blub/paths/x.txt", "KAZ707", "no datastore 'blub'. Did you"),
        ("asset: azureml://jobs/gone/outputs/o", "KAZ707", "no job 'gone'"),
        ("asset: m@latest, type: mlflow_model", "KAZ707", "no model 'm'"),
    ],
)
def test_what_is_not_there_is_said_before_anything_is_uploaded(
    data: Kedro, settings: str, code: str, message: str
) -> None:
    catalog(data, settings)
    assert message in data.refused(code, "run")
    assert not [seen for seen in data.service.requests if seen.method == "PUT"]
    if code == "KAZ707":
        assert message in data.refused(code, "data", "pull", "text")


def test_data_of_the_web_of_another_job_and_of_a_model(data: Kedro, tmp_path: Path) -> None:
    workspace = data.service.workspace
    workspace.publish("x/some.txt", b"of the web")
    catalog(data, "asset: 'https://files.example.org/x/some.txt'")
    data("data", "pull", "text")
    assert (data.project / RAW / "text.txt").read_text() == "of the web"
    model = tmp_path / "model"
    model.mkdir()
    (model / "MLmodel").write_text("flavors: {}")
    workspace.add_model("m", model)
    catalog(data, "asset: m@latest, type: mlflow_model", "filepath: data/01_raw/model")
    data("data", "pull", "text")
    assert (data.project / RAW / "model/MLmodel").read_text() == "flavors: {}"


def test_names_from_the_service_lead_nowhere_else(data: Kedro) -> None:
    workspace = data.service.workspace
    workspace.add_datastore("evil", "evil")
    for name in ("d/\\..\\..\\outside.txt", "d/fine.txt", "d2/not.txt"):
        data.service.storage.write("evil", name, b"x")
    catalog(data, "asset: azureml://datastores/evil/paths/d/", "filepath: data/01_raw/d")
    data("data", "pull", "text")
    folder = data.project / RAW / "d"
    found = [p for p in data.project.parent.rglob("*") if p.is_file() and p.read_bytes() == b"x"]
    assert folder / "fine.txt" in found
    assert all(path.is_relative_to(folder) for path in found)


def test_a_transfer_that_breaks_leaves_the_place_as_it_was(data: Kedro) -> None:
    data.service.inject("forbidden", path="/history/", times=None)
    said = data("data", "pull", "history", check=False)
    assert said.returncode == 1
    assert not (data.project / RAW / "history.txt").exists()
    assert not (data.project / ".kedro_azureml/partial").exists()


def test_the_sdk_takes_the_document(data: Kedro, sdk: Sdk) -> None:
    data("compile", "-o", "job.yml")
    file = str(data.project / "job.yml")
    read = sdk.run(
        f"job = load_job({file!r})\n"
        "result = {name: each.path for name, each in job.inputs.items()}"
    )
    document = load_job(data.project / "job.yml")
    inputs: dict[str, Any] = dict(document.inputs)
    assert read == {name: without_prefix(each.path) for name, each in inputs.items()} | {
        "history": inputs["history"].path
    }


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        ("mltable", "ro_mount"),
        ("mltable", "eval_mount"),
        ("mlflow_model", "download"),
        ("custom_model", "ro_mount"),
    ],
)
def test_tables_and_models_reach_the_step(
    data: Kedro, sdk: Sdk, tmp_path: Path, kind: str, mode: str
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a.txt").write_text("1")
    (folder / "MLTable").write_text("paths:\n  - pattern: ./*.txt\n")
    workspace = data.service.workspace
    if kind == "mltable":
        workspace.add_data("m", folder, kind=kind)
    else:
        workspace.add_model("m", folder, kind=kind)
    entry = (
        "parts: {type: partitions.PartitionedDataset, path: data/01_raw/m, "
        "dataset: text.TextDataset, filename_suffix: a.txt, "
        f"metadata: {{azureml: {{asset: m@latest, type: {kind}, mode: {mode}}}}}}}\n"
    )
    rest = CATALOG[: CATALOG.index("parts:")] + CATALOG[CATALOG.index("history:") :]
    (data.project / "conf/base/catalog.yml").write_text(entry + rest)
    data("compile", "-o", "job.yml")
    file = str(data.project / "job.yml")
    read = sdk.run(
        f"job = load_job({file!r})\n"
        "result = job._to_rest_object().properties.jobs['gather']['inputs']['parts']"
    )
    assert read["job_input_type"] == "literal"
    data.service.execution.mode = "real"
    data("run", "--wait-for-completion")
    data("job", "download", data.job, "--into-catalog")
    assert (data.project / "data/08/result.txt").read_text() == EXPECTED.replace("a=1,b=2", "=1")
