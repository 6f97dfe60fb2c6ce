"""Objects cross steps by way of one compressed file."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from kedro.io import DatasetError

from kedro_azureml.datasets import PickledDataset


@pytest.mark.parametrize("value", [0, "", [], {"a": (1, 2.5, None)}, b"\x00" * 5, "é😀"])
def test_round_trip(tmp_path: Path, value: Any) -> None:
    dataset = PickledDataset(str(tmp_path / "sub" / "o.pkl.zst"), "thing")
    assert not dataset.exists()
    dataset.save(value)
    assert dataset.exists()
    assert dataset.load() == value


def test_lambdas_and_local_classes(tmp_path: Path) -> None:
    class Local:
        def double(self, x: int) -> int:
            return 2 * x

    dataset = PickledDataset(str(tmp_path / "o"), "thing")
    dataset.save((lambda x: x + 1, Local()))
    function, instance = dataset.load()
    assert function(1) == 2
    assert instance.double(4) == 8


def test_frame_with_no_rows(tmp_path: Path) -> None:
    pd = pytest.importorskip("pandas")
    dataset = PickledDataset(str(tmp_path / "o"), "thing")
    dataset.save(pd.DataFrame({"a": []}))
    assert list(dataset.load().columns) == ["a"]


def test_what_cannot_be_pickled_is_named(tmp_path: Path) -> None:
    dataset = PickledDataset(str(tmp_path / "o"), "my.lock")
    with pytest.raises(
        DatasetError, match=r"'my\.lock' is a _thread\.lock, which cannot be pickled"
    ):
        dataset.save(threading.Lock())
    assert not (tmp_path / "o").exists()


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="'thing' was not produced"):
        PickledDataset(str(tmp_path / "o"), "thing").load()
