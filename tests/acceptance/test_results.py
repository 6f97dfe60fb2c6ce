"""A project with an asset in, and results that are registered and exported, run in three ways.

The documented way (docs/data-out.md): one command submits, and nothing of this machine is needed
for what is registered in the end.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.kit.azureml.service import AzureService
from tests.kit.compare import catalog_state
from tests.kit.forking import ForkServer
from tests.kit.projects import copy_project
from tests.kit.shell import run_kedro
from tests.kit.submission import Kedro
from tests.kit.waiting import wait_until

pytest_plugins = ("tests.kit.azureml.fixtures", "tests.kit.fixtures")

_STORE = "azureml://datastores/workspaceblobstore/paths/"


@pytest.fixture
def results(azure_service: AzureService, fork_server: ForkServer, tmp_path: Path) -> Kedro:
    """The project with results, in the service's workspace, which really runs its steps."""
    workspace = azure_service.workspace
    project = copy_project("results", tmp_path / "project")
    file = project / "conf/base/azureml.yml"
    names = {
        "rg": workspace.group,
        "ws": workspace.name,
        "env@latest": "test-env@latest",
        "cpu": "cpu-cluster",
    }
    text = file.read_text()
    for name, own in names.items():
        text = text.replace(f": {name}\n", f": {own}\n")
    file.write_text(text)
    workspace.add_data("sales", project / "data/01_raw/sales.csv")
    azure_service.execution.mode = "real"
    return Kedro(azure_service, project, fork_server)


def exported(kedro: Kedro) -> dict[str, bytes]:
    """What lies below the newest job's export, by path."""
    path = kedro.json("job", "show", kedro.job)["export"]["path"]
    prefix = path.removeprefix(_STORE)
    container = kedro.service.workspace.blob_container
    storage = kedro.service.storage
    return {
        name.removeprefix(prefix): storage.read(container, name)
        for name in storage.names(container, prefix)
    }


def test_downloads_and_the_rehearsal_equal_kedro_run(results: Kedro, tmp_path: Path) -> None:
    expected = copy_project("results", tmp_path / "plain")
    run_kedro(expected, "run")
    state = catalog_state(expected)
    results("run", "--local", "-j", "weekly", "--into-catalog")
    assert catalog_state(results.project) == state
    sales = results.project / "data/01_raw/sales.csv"
    text = sales.read_text()
    sales.unlink()
    results("run", "-j", "weekly", "--wait-for-completion")
    results("job", "download", results.job, "--into-catalog", "--force")
    sales.write_text(text)
    assert catalog_state(results.project) == state
    folder = results.project / ".kedro_azureml/downloads" / results.job
    results("job", "download", results.job)
    assert json.loads((folder / "score/score.json").read_text()) == {"mean": 4.0, "rows": 3}
    assert (folder / "model/data/06_models/model/MLmodel").is_file()


def test_a_submission_registers_what_its_client_never_sees(results: Kedro) -> None:
    """Twice, because a version that was named would exist the second time."""
    for version in ("1", "2"):
        said = results("run", "-j", "weekly").stdout
        run = results.service.jobs.runs[results.job]
        wait_until(lambda run=run: run.status in ("Completed", "Failed"))  # type: ignore[misc]
        assert run.status == "Completed", run.error
        assets = results.service.workspace.assets
        assert list(assets["models"]) == ["sales-model"]
        data = {name: made for name, made in assets["data"].items() if name[:8] != "azureml_"}
        assert list(data.pop("sales")) == ["1"]
        assert set(data) == {"sales_by_region", "__default__-score", "weekly"}
        for versions in (*data.values(), *assets["models"].values()):
            assert list(versions)[-1] == version
        path = run.tags["kedro_export"]
        assert run.tags["kedro_export_asset"] == "weekly"
        assert f"Exports to {path}, as the data asset 'weekly'." in said
        assert "Registers 'model' as the model 'sales-model' (mlflow_model)." in said
        assert path.startswith(f"{_STORE}results/weekly/20")
        assert set(exported(results)) == {
            "by_region/north.csv",
            "by_region/south.csv",
            "model/MLmodel",
            "model/artifacts/model.json",
            "score/score.json",
            "summary/sümmary of sales.txt",
        }


def test_a_registered_asset_holds_the_users_files_alone(results: Kedro) -> None:
    results("run", "-j", "weekly", "--wait-for-completion")
    workspace = results.service.workspace
    storage, container = workspace.storage, workspace.blob_container

    def below(kind: str, name: str) -> list[str]:
        properties = workspace.assets[kind][name]["1"]
        address = str(properties.get("dataUri") or properties.get("modelUri"))
        prefix = address.partition("/paths/")[2].rstrip("/")
        # As a tool lists it that knows no folders: nothing beside it begins like it.
        return sorted(n.removeprefix(prefix).strip("/") for n in storage.names(container, prefix))

    assert below("models", "sales-model") == ["MLmodel", "artifacts/model.json"]
    assert below("data", "sales_by_region") == ["north.csv", "south.csv"]
    assert below("data", "__default__-score") == [""]
    shown = results.json("job", "show", results.job)
    assert {(asset["output"], asset["name"], asset["type"]) for asset in shown["assets"]} == {
        ("model", "sales-model", "mlflow_model"),
        ("by_region", "sales_by_region", "uri_folder"),
        ("score", "__default__-score", "uri_file"),
        ("export", "weekly", "uri_folder"),
    }
    printed = results("job", "show", results.job).stdout
    assert "registers   'model' as the model 'sales-model' (mlflow_model)" in printed
    assert "export      azureml://datastores/workspaceblobstore/paths/results/weekly/" in printed
