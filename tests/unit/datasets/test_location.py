"""Where a dataset is, from its configuration alone."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from kedro_azureml.datasets.location import locate, moved
from kedro_azureml.datasets.paths import relative_path

PROJECT = Path("/srv/my project")


def local(config: dict[str, Any]) -> list[str]:
    location = locate(config, PROJECT)
    assert location.kind == "local"
    return [path.relative for path in location.paths]


@pytest.mark.parametrize(
    ("config", "paths"),
    [
        ({"type": "pandas.CSVDataset", "filepath": "data/a.csv"}, ["data/a.csv"]),
        ({"type": "pandas.CSVDataset", "filepath": "/srv/my project/data/a.csv"}, ["data/a.csv"]),
        ({"type": "x.CSV", "filepath": "file:///srv/a.csv"}, ["_external/absolute/srv/a.csv"]),
        ({"type": "pandas.CSVDataset", "filepath": "file://data/a.csv"}, ["data/a.csv"]),
        ({"type": "x.CSV", "filepath": "../other/a.csv"}, ["_external/up-1/other/a.csv"]),
        ({"type": "partitions.PartitionedDataset", "path": "data/p/", "dataset": "t.T"},
         ["data/p"]),
        ({"type": "CachedDataset", "dataset": {"type": "t.T", "filepath": "data/c.csv"}},
         ["data/c.csv"]),
        ({"type": "partitions.PartitionedDataset", "path": "data/p", "filename_suffix": ".csv",
          "filepath_arg": "filepath"}, ["data/p"]),
        ({"type": "kedro_mlflow.X", "artifact_path": "a/b", "dataset": {"filepath": "data/m"}},
         ["data/m"]),
        ({"type": "my.Custom", "location": "data/x"}, ["data/x"]),
        ({"type": "my.Custom", "features_path": "in/f.npy", "labels_path": "in/l.npy"},
         ["in/f.npy", "in/l.npy"]),
        ({"type": "my.Custom", "files": ["data/a", "data/b"]}, ["data/a", "data/b"]),
        ({"type": "partitions.IncrementalDataset", "path": "data/i", "dataset": "text.TextDataset",
          "checkpoint": {"type": "text.TextDataset", "filepath": "data/check"}},
         ["data/i", "data/check"]),
        ({"type": "kedro_azureml.datasets.AzureMLPipelineDataset", "root_dir": "data/02",
          "dataset": {"type": "pandas.CSVDataset", "filepath": "a.csv"}}, ["data/02/a.csv"]),
        ({"type": "kedro_azureml.datasets.AzureMLPipelineDataset", "root_dir": "data",
          "dataset": {"type": "pandas.CSVDataset", "filepath": "/srv/my project/a.csv"}},
         ["data/a.csv"]),
        ({"type": "ibis.TableDataset", "connection": {"backend": "d", "database": "d/x.duckdb"}},
         ["d/x.duckdb"]),
    ],
)  # fmt: skip
def test_local(config: dict[str, Any], paths: list[str]) -> None:
    assert local(config) == paths


@pytest.mark.parametrize(
    "config",
    [
        {"type": "pandas.CSVDataset", "filepath": "abfs://c/a.csv"},
        {"type": "pandas.CSVDataset", "filepath": "simplecache::https://x/a.csv"},
        {"type": "spark.SparkDataset", "filepath": "dbfs:/x"},
        {"type": "pandas.SQLTableDataset", "table_name": "t", "credentials": {"con": "x"}},
        {"type": "api.APIDataset", "url": "https://x/y"},
        {"type": "pandas.CSVDataset", "filepath": "https://x/a.csv",
         "metadata": {"filepath": "data/a.csv"}, "load_args": {"path": "data/x"}},
    ],
)  # fmt: skip
def test_remote(config: dict[str, Any]) -> None:
    location = locate(config, PROJECT)
    assert location.kind == "remote"
    assert location.evident


def test_a_class_that_does_not_say_where() -> None:
    location = locate({"type": "my.Obscure", "size": 3, "name": "x"}, PROJECT)
    assert (location.kind, location.evident) == ("remote", False)


@pytest.mark.parametrize(
    "config",
    [
        {"type": "MemoryDataset"},
        {"type": "kedro.io.MemoryDataset", "copy_mode": "assign"},
        {"type": "MemoryDataset", "data": {"filepath": "data/not/a/dataset"}},
        {"type": "CachedDataset", "dataset": {"type": "MemoryDataset"}},
        {"type": "tests.unit.datasets.test_location.Remembering"},
    ],
)
def test_memory(config: dict[str, Any]) -> None:
    assert locate(config, PROJECT).kind == "object"


def test_looking_imports_no_dataset_library() -> None:
    """field-defects: an unused dataset with a missing dependency stops `kedro run`."""
    before = set(sys.modules)
    locate({"type": "polars.CSVDataset", "filepath": "data/a.csv"}, PROJECT)
    locate({"type": "snowflake.SnowparkTableDataset", "table_name": "t"}, PROJECT)
    assert not {m.split(".")[0] for m in set(sys.modules) - before} & {"polars", "snowflake"}


def test_moved_changes_the_paths_and_nothing_else() -> None:
    config = {"type": "CachedDataset", "dataset": {"type": "t", "filepath": "data/c.csv"}, "x": 1}
    location = locate(config, PROJECT)
    new = moved(config, location, {"data/c.csv": Path("/out/c")})
    assert new["dataset"]["filepath"] == "/out/c/data/c.csv"
    assert new["x"] == 1
    assert config["dataset"] == {"type": "t", "filepath": "data/c.csv"}
    assert moved(config, location, {}) == config


def test_moved_pipeline_dataset_has_no_root_left() -> None:
    config = {
        "type": "kedro_azureml.datasets.AzureMLPipelineDataset",
        "root_dir": "data",
        "dataset": {"type": "pandas.CSVDataset", "filepath": "a.csv"},
    }
    new = moved(config, locate(config, PROJECT), {"data/a.csv": Path("/out")})
    assert new["root_dir"] == ""
    assert new["dataset"]["filepath"] == "/out/data/a.csv"


def test_relative_path_of_windows_drives() -> None:
    assert relative_path(r"C:\data\a.csv", PROJECT) == "_external/drive-C/data/a.csv"


def __getattr__(name: str) -> Any:
    # Kedro is imported only by the test that needs the class.
    if name != "Remembering":
        raise AttributeError(name)
    from kedro.io import MemoryDataset

    return type("Remembering", (MemoryDataset,), {})


def test_two_places_outside_the_project_never_share_one() -> None:
    paths = ["x.txt", "../x.txt", "../../x.txt", "/x.txt", "/up-1/x.txt", "../absolute/x.txt"]
    paths += ["/a:b/x", "/ab/x", "C:/x.txt", "/C/x.txt", "/drive-C/x.txt"]
    assert len({relative_path(path, PROJECT) for path in paths}) == len(paths)
