"""AzureMLAssetDataset: the constructor of kedro-azureml 1.0, and where its data is."""

from __future__ import annotations

import json
from inspect import signature
from pathlib import Path
from typing import Any

import pytest
from kedro.io import DatasetError
from kedro.io.core import AbstractDataset, Version

from kedro_azureml.datasets import AzureMLAssetDataset, asset_dataset
from kedro_azureml.datasets.local_copies import (
    Fetched,
    add_to_record,
    copy_place,
    find_copy,
    read_record,
)
from kedro_azureml.datasets.location import locate
from kedro_azureml.datasets.paths import on_disk, relative_path

TEXT = "text.TextDataset"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(path: str, text: str = "x") -> None:
    file = Path(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def made(**arguments: Any) -> AzureMLAssetDataset:
    inner = {"type": TEXT, "filepath": arguments.pop("filepath", "sub/x.txt")}
    return AzureMLAssetDataset("asset", inner, **arguments)


def test_the_constructor_is_that_of_1_0() -> None:
    parameters = signature(AzureMLAssetDataset).parameters
    assert {name: p.default for name, p in parameters.items() if p.default is not p.empty} == {
        "root_dir": "data",
        "filepath_arg": "filepath",
        "azureml_type": "uri_folder",
        "version": None,
        "azureml_version": None,
        "metadata": None,
    }
    assert list(parameters)[:2] == ["azureml_dataset", "dataset"]
    assert asset_dataset.AzureMLAssetDataset is AzureMLAssetDataset


def test_its_folders_are_those_of_1_0() -> None:
    assert made(azureml_version="100").path == Path("data/asset/100/sub/x.txt")
    assert made(azureml_version=100, root_dir="r").path == Path("r/asset/100/sub/x.txt")
    assert made(azureml_version="1", filepath=".").path == Path("data/asset/1")


def test_the_runs_version_comes_before_the_catalogs() -> None:
    write("data/asset/9/sub/x.txt")
    write("data/asset/10/sub/x.txt")
    assert made(azureml_version="9", version=Version("7", None)).path.parts[2] == "7"
    assert made(azureml_version="9", version=Version("latest", None)).path.parts[2] == "10"
    assert made(version=Version(None, "2026")).path.parts[2] == "10"
    entry = {"type": "kedro_azureml.datasets.AzureMLAssetDataset", "azureml_dataset": "asset"}
    config = AbstractDataset.from_config(
        "d", {**entry, "dataset": {"type": TEXT, "filepath": "sub/x.txt"}}, "9", "now"
    )
    assert config.load() == "x"
    assert config.path.parts[2] == "9"  # type: ignore[attr-defined]


def test_the_latest_is_what_was_fetched_as_the_latest(here: Path) -> None:
    write("data/asset/9/sub/x.txt")
    write("data/asset/10/sub/x.txt")
    add_to_record(here, "data/asset/10", Fetched("azureml:asset:10", "10", {}, 2.0))
    add_to_record(here, "data/asset/9", Fetched("azureml:asset@latest", "9", {}, 1.0))
    assert made().path.parts[2] == "9"
    mount = "data/asset/latest/sub/x.txt"
    assert find_copy(here, mount, "azureml:asset@latest") == here / "data/asset/9/sub/x.txt"
    assert find_copy(here, mount, "azureml:asset:10") == here / "data/asset/10/sub/x.txt"
    assert find_copy(here, mount, "azureml:other@latest") is None
    assert copy_place(mount, "azureml:asset:12") == "data/asset/12/sub/x.txt"
    assert copy_place("data/latest/x.txt", "azureml:asset:12") == "data/latest/x.txt"


def test_what_is_saved_is_read_back(here: Path) -> None:
    write("data/asset/10/sub/x.txt", "of Azure")
    dataset = made()
    assert dataset.load() == "of Azure"
    dataset.save("own")
    assert dataset.load() == "own"
    assert Path("data/asset/local/sub/x.txt").read_text() == "own"
    assert Path("data/asset/10/sub/x.txt").read_text() == "of Azure"
    assert made().load() == "of Azure"


def test_what_is_not_here_is_said() -> None:
    with pytest.raises(DatasetError, match="kedro azureml data pull"):
        made().load()


def test_wrong_arguments() -> None:
    with pytest.raises(DatasetError, match="mltable"):
        made(azureml_type="mltable")
    with pytest.raises(DatasetError, match="versioned"):
        AzureMLAssetDataset("a", {"type": TEXT, "filepath": "x", "versioned": True})


def test_a_record_that_cannot_be_read_is_none(here: Path) -> None:
    folder = here / ".kedro_azureml"
    folder.mkdir()
    for text in ("", "[]", "{", json.dumps({"a": {"b": 1}})):
        (folder / "data.json").write_text(text)
        assert read_record(here) == {}


@pytest.mark.parametrize("path", ["data/a.csv", "/srv/a.csv", "../up/a.csv", "../../a.csv"])
def test_a_path_relative_to_the_project_leads_back(path: str, here: Path) -> None:
    project = here / "deep/project"
    found = on_disk(relative_path(path, project), project)
    assert found.resolve() == (project / path).resolve()


def test_where_an_entry_has_its_data() -> None:
    entry = {
        "type": AzureMLAssetDataset,
        "azureml_dataset": "asset",
        "versioned": True,
        "dataset": {"type": TEXT, "filepath": "."},
    }
    location = locate(entry, Path("/project"))
    assert [path.relative for path in location.paths] == ["data/asset/latest"]
    assert not location.versioned
