"""An azureml.yml and a catalog written for kedro-azureml 1.0, with its AzureMLAssetDataset."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from tests.kit.azureml.service import AzureService
from tests.kit.forking import ForkServer
from tests.kit.projects import make_project
from tests.kit.shell import run_kedro
from tests.kit.submission import Kedro

pytest_plugins = ("tests.kit.azureml.fixtures", "tests.kit.fixtures")

AZUREML_YML = """\
azure:
  subscription_id: "{subscription}"
  experiment_name: "an-experiment"
  resource_group: "{group}"
  workspace_name: "{workspace}"
  environment_name: test-env@latest
  code_directory: .
  working_directory: /home/kedro_docker
  pipeline_data_passing:
    enabled: true
  temporary_storage:
    account_name:
    container:
  compute:
    __default__:
      cluster_name: "cpu-cluster"
docker:
  image: null
"""
CATALOG = """\
my_folder_dataset:
  type: kedro_azureml.datasets.AzureMLAssetDataset
  azureml_dataset: my_azureml_folder_dataset
  root_dir: data/01_raw/some_folder/
  versioned: True
  dataset:
    type: pandas.ParquetDataset
    filepath: "."

my_file_dataset:
  type: kedro_azureml.datasets.asset_dataset.AzureMLAssetDataset
  azureml_dataset: my_azureml_file_dataset
  azureml_type: uri_file
  root_dir: data/01_raw/some_other_folder/
  versioned: True
  dataset:
    type: pandas.CSVDataset
    filepath: "companies.csv"

my_versioned_dataset:
  type: kedro_azureml.datasets.AzureMLAssetDataset
  azureml_dataset: my_azureml_dataset
  azureml_version: "100"
  root_dir: data/01_raw/some_data
  dataset:
    type: pandas.CSVDataset
    filepath: inside/table.csv

intermediate:
  type: kedro_azureml.datasets.AzureMLAssetDataset
  azureml_dataset: my_intermediate
  root_dir: data/02_intermediate
  dataset:
    type: pandas.ParquetDataset
    filepath: table.parquet

result:
  type: pandas.CSVDataset
  filepath: data/08_reporting/result.csv
"""
REGISTRY = """\
    import pandas as pd
    from kedro.pipeline import Pipeline, node

    def join(folder, file, versioned):
        return pd.concat([folder, file, versioned], ignore_index=True)

    def total(table):
        return table.groupby("name", as_index=False).sum()

    def register_pipelines():
        raw = ["my_folder_dataset", "my_file_dataset", "my_versioned_dataset"]
        return {"__default__": Pipeline([
            node(join, raw, "intermediate", name="join"),
            node(total, "intermediate", "result", name="total"),
        ])}
    """


def tables(service: AzureService, folder: Path) -> None:
    """Fill the workspace; a later version of each is another."""
    frame = pd.DataFrame({"name": ["a", "b"], "size": [1, 2]})
    for version, factor in (("1", 1), ("100", 10), ("2", 100)):
        at = folder / version
        (at / "parts").mkdir(parents=True)
        (at / "inside").mkdir()
        (frame * [1, factor]).to_parquet(at / "parts/part-0.parquet")
        (frame * [1, factor]).to_csv(at / "companies.csv", index=False)
        (frame * [1, factor]).to_csv(at / "inside/table.csv", index=False)
        workspace = service.workspace
        workspace.add_data("my_azureml_folder_dataset", at / "parts", version=version)
        workspace.add_data("my_azureml_file_dataset", at / "companies.csv", version=version)
        workspace.add_data("my_azureml_dataset", at, version=version)


@pytest.fixture
def earlier(azure_service: AzureService, fork_server: ForkServer, tmp_path: Path) -> Kedro:
    workspace = azure_service.workspace
    tables(azure_service, tmp_path / "in Azure")
    project = make_project(
        tmp_path / "project",
        registry=REGISTRY,
        catalog=CATALOG,
        azureml=AZUREML_YML.format(
            subscription=workspace.subscription, group=workspace.group, workspace=workspace.name
        ),
    )
    return Kedro(azure_service, project, fork_server)


def sizes(kedro: Kedro) -> list[int]:
    file = kedro.project / "data/08_reporting/result.csv"
    table = pd.read_csv(file)
    file.unlink()
    return [int(size) for size in table["size"]]


@pytest.mark.parametrize("versions", ["", "my_file_dataset:1,my_versioned_dataset:2"])
def test_it_runs_unchanged_in_three_places(earlier: Kedro, versions: str) -> None:
    # The latest is 2, made last.
    expected = [100 + 100 + 10, 2 * (100 + 100 + 10)]
    if versions:
        expected = [100 + 1 + 100, 2 * (100 + 1 + 100)]
    chosen = ("--load-versions", versions) if versions else ()
    earlier.service.execution.mode = "real"
    earlier("run", "--wait-for-completion", *chosen)
    earlier("job", "download", earlier.job, "--into-catalog")
    assert sizes(earlier) == expected
    earlier("data", "pull", *chosen)
    earlier("run", "--local", "--into-catalog", *chosen)
    assert sizes(earlier) == expected
    run_kedro(earlier.project, "run", *chosen)
    assert sizes(earlier) == expected
