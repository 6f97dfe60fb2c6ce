"""A sharded node equals the node as it stands: shares in, parts out, one dataset again."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kedro.io import DatasetError
from kedro_datasets.partitions import PartitionedDataset

from kedro_azureml.datasets.partitions import PartitionShare
from kedro_azureml.distributed.shares import Balance, Shard
from kedro_azureml.step.data.folders import list_files, write_manifest
from kedro_azureml.step.data.merged import merge, read_partitions
from kedro_azureml.step.errors import StepError

_PATH = "data/parts"
# What a file system, and storage, can hold.
_LETTERS = st.text(
    st.characters(exclude_characters="\0/\\", exclude_categories=["Cs"]), min_size=1, max_size=12
).filter(lambda part: part not in (".", ".."))
_NAMES = st.lists(_LETTERS, min_size=1, max_size=3).map("/".join)


def dataset(folder: Path) -> PartitionedDataset:
    return PartitionedDataset(
        path=str(folder / _PATH), dataset={"type": "json.JSONDataset"}, filename_suffix=".part"
    )


def write_part(folder: Path, partitions: Mapping[str, Any]) -> None:
    """What a shard's step leaves."""
    folder.mkdir(parents=True, exist_ok=True)
    dataset(folder).save(dict(partitions))
    write_manifest(
        folder, "parts", "local", files=list_files(folder), partitions=sorted(partitions)
    )


def loaded(folder: Path) -> dict[str, Any]:
    return {name: load() for name, load in dataset(folder).load().items()}


def can_be_kept(names: set[str]) -> bool:
    """Whether no name is a folder of another, and a file system takes all of them."""
    files = [f"{name}.part" for name in names]
    parents = {parent for f in files for parent in map(str, Path(f).parents)}
    folded = {name.casefold() for name in names}
    return parents.isdisjoint(files) and len(folded) == len(names)


@settings(max_examples=25, deadline=None)
@given(
    st.sets(_NAMES, min_size=1, max_size=12).filter(can_be_kept),
    st.integers(2, 12),
    st.sampled_from([None, "size"]),
)
def test_any_sharding_equals_the_unsharded_node(
    names: set[str], count: int, balance: Balance | None
) -> None:
    root = Path(mkdtemp())
    try:
        dataset(root / "in").save({name: "x" * index for index, name in enumerate(sorted(names))})
        function: Callable[[Any], Any] = lambda parts: {  # noqa: E731
            f"{name} 2": load() * 2 for name, load in parts.items()
        }
        folders = []
        for number in range(count):
            folders.append(str(root / f"out{number}"))
            whole = dataset(root / "in")
            share = PartitionShare(whole, "raw", Shard(number + 1, count), balance)
            write_part(Path(folders[-1]), function(share.load()))
        merged = loaded(merge("parts", folders, root / "merged"))
        assert merged == function(dataset(root / "in").load())
    finally:
        shutil.rmtree(root)


def test_a_share_keeps_the_order_and_loads_nothing(tmp_path: Path) -> None:
    dataset(tmp_path).save({name: name for name in "abcdefgh"})
    whole = dataset(tmp_path)
    share = PartitionShare(whole, "raw", Shard(1, 2))
    for file in (tmp_path / _PATH).iterdir():
        file.write_text("no JSON")
    order = [name for name in whole.load() if name in share.load()]
    assert list(share.load()) == order
    with pytest.raises(DatasetError):
        share.load()[order[0]]()


def test_sizes_are_those_of_the_partitions(tmp_path: Path) -> None:
    sizes = {"a": 1000, "b": 400, "c/d": 300, "c/e": 250}
    dataset(tmp_path).save({name: "x" * size for name, size in sizes.items()})
    shares = [
        set(PartitionShare(dataset(tmp_path), "raw", Shard(number, 2), "size").load())
        for number in (1, 2)
    ]
    assert shares == [{"a"}, {"b", "c/d", "c/e"}]


def test_a_partition_of_versions_is_a_folder_of_its_own_size(tmp_path: Path) -> None:
    for name, size in {"a": 90, "b": 50, "c": 30}.items():
        for version in ("2024-01-01T00.00.00.000Z", "2024-01-02T00.00.00.000Z"):
            file = tmp_path / f"{name}/{version}/{name}"
            file.parent.mkdir(parents=True)
            file.write_text(json.dumps("x" * size))
    versioned = {"type": "json.JSONDataset", "versioned": True}
    whole = PartitionedDataset(path=str(tmp_path), dataset=versioned)
    names = [set(PartitionShare(whole, "raw", Shard(n, 2), "size").load()) for n in (1, 2)]
    assert names == [{"a"}, {"b", "c"}]


def test_a_dataset_that_tells_no_sizes(tmp_path: Path) -> None:
    class Other:
        def load(self) -> dict[str, Any]:
            return {"a": 1}

    with pytest.raises(DatasetError, match="Leave 'balance' out"):
        PartitionShare(Other(), "raw", Shard(1, 2), "size").load()  # type: ignore[arg-type]


def test_what_loads_no_partitions(tmp_path: Path) -> None:
    class Other:
        def load(self) -> list[int]:
            return [1]

    with pytest.raises(DatasetError, match="'raw' has loaded a list"):
        PartitionShare(Other(), "raw", Shard(1, 2)).load()  # type: ignore[arg-type]


def folders(root: Path, *parts: Mapping[str, Any]) -> list[str]:
    for number, part in enumerate(parts):
        write_part(root / str(number), part)
    return [str(root / str(number)) for number in range(len(parts))]


def test_two_shards_that_write_one_partition(tmp_path: Path) -> None:
    made = folders(tmp_path, {"a": 1}, {}, {"b": 2, "a": 3})
    with pytest.raises(StepError, match="shards 1/3 and 3/3 have both written the partition 'a'"):
        merge("parts", made, tmp_path / "merged")


def test_two_shards_that_write_one_partition_elsewhere(tmp_path: Path) -> None:
    """A dataset that is not in the job: its manifests have no files."""
    for number in (0, 1):
        folder = tmp_path / str(number)
        folder.mkdir()
        write_manifest(folder, "parts", "remote", partitions=["x"])
    with pytest.raises(StepError, match="'x' of 'parts'"):
        read_partitions("parts", [str(tmp_path / "0"), str(tmp_path / "1")])


def test_a_file_of_one_shard_and_a_folder_of_another(tmp_path: Path) -> None:
    made = folders(tmp_path, {"a": 1}, {"a.part/b": 2})
    with pytest.raises(StepError, match=r"'data/parts/a\.part' .* and a folder"):
        merge("parts", made, tmp_path / "merged")


def test_shards_without_work(tmp_path: Path) -> None:
    made = folders(tmp_path, {}, {"a": 1}, {})
    assert loaded(merge("parts", made, tmp_path / "merged")) == {"a": 1}
    with pytest.raises(DatasetError, match="No partitions found"):
        loaded(merge("parts", [made[0], made[2]], tmp_path / "none"))


def test_a_part_that_is_not_whole(tmp_path: Path) -> None:
    made = folders(tmp_path, {"a": 1}, {"b": 2})
    (tmp_path / "1" / _PATH / "b.part").unlink()
    with pytest.raises(StepError, match=r"shard 2/2: dataset 'parts' is incomplete"):
        merge("parts", made, tmp_path / "merged")
