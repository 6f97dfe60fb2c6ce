"""Objects on their way to another step."""

from __future__ import annotations

import io
import pickle
import shutil
from pathlib import Path
from typing import Any

import cloudpickle
from kedro.io import AbstractDataset
from kedro_datasets.partitions import PartitionedDataset

from kedro_azureml.storage.format.pickler import PROTOCOL, Pickler


def carried(data: object) -> object:
    stream = io.BytesIO()
    Pickler(stream, protocol=PROTOCOL).dump(data)
    return pickle.loads(stream.getvalue())


def test_partitions_take_their_data_along(tmp_path: Path) -> None:
    folder = tmp_path / "parts"
    folder.mkdir()
    (folder / "a.json").write_text("[1]")
    (folder / "b.json").write_text("[2]")
    parts = PartitionedDataset(path=str(folder), dataset="json.JSONDataset").load()
    chosen = {name: load for name, load in parts.items() if name.startswith("a")}
    there = carried(chosen)
    shutil.rmtree(folder)
    assert isinstance(there, dict)
    first = there["a.json"]()
    assert first == [1]
    # As a dataset's load, each call gives an object of its own, here and another step further.
    first.append(2)
    assert there["a.json"]() == [1]
    assert carried(there)["a.json"]() == [1]  # type: ignore[index]


class Old(AbstractDataset[str, str]):
    """Implements `_load`, as datasets before Kedro 0.19.10 did."""

    def __init__(self, text: str) -> None:
        self.text = text

    def _load(self) -> str:
        return self.text

    def _save(self, data: str) -> None: ...

    def _describe(self) -> dict[str, str]:
        return {}


OLD: Any = Old


class Loader:
    def load(self) -> str:
        return "mine"


def test_methods_of_what_is_no_dataset_stay_methods() -> None:
    assert carried(OLD("x").load)() == "x"  # type: ignore[operator]
    assert not hasattr(carried(OLD("x").load), "__self__")
    assert isinstance(carried(Loader().load).__self__, Loader)  # type: ignore[attr-defined]
    assert carried(OLD("x")._describe)() == {}  # type: ignore[operator]


def test_what_cloudpickle_can_is_not_lost() -> None:
    assert carried(lambda x: x + 1)(1) == 2  # type: ignore[operator]
    assert cloudpickle.Pickler in Pickler.__mro__
