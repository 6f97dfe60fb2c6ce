"""AzureMLPipelineDataset keeps the constructor and the behaviour of kedro-azureml 1.0."""

from __future__ import annotations

from pathlib import Path

import pytest
from kedro.io import DatasetError

from kedro_azureml.datasets import AzureMLPipelineDataset

TEXT = "kedro_datasets.text.TextDataset"


def test_data_is_below_root_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    dataset = AzureMLPipelineDataset({"type": TEXT, "filepath": "a.txt"}, root_dir="data/01")
    dataset.save("hello")
    assert (tmp_path / "data/01/a.txt").read_text() == "hello"
    assert dataset.load() == "hello"
    assert dataset.exists()
    assert dataset.path == Path("data/01/a.txt")


def test_kedro_makes_the_nested_path_absolute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    dataset = AzureMLPipelineDataset({"type": TEXT, "filepath": str(tmp_path / "a.txt")})
    assert dataset.path == Path("data/a.txt")


def test_versioning_and_a_missing_path_are_refused() -> None:
    with pytest.raises(DatasetError, match="does not support versioning"):
        AzureMLPipelineDataset({"type": TEXT, "filepath": "a.txt", "versioned": True})
    with pytest.raises(DatasetError, match="filepath_arg"):
        AzureMLPipelineDataset(TEXT)
