"""Datasets of partitions: which entries are of one, and the share of it that a shard loads."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from kedro.io import AbstractDataset, DatasetError

from kedro_azureml.datasets.wrappers import is_wrapper
from kedro_azureml.distributed.shares import Balance, Shard, balanced_share_of, share_of

_CLASS = "PartitionedDataset"


def is_partitioned(config: Mapping[str, Any]) -> bool:
    """Tell whether a resolved entry is of Kedro's PartitionedDataset, or of a class made from it.

    An entry of this package that wraps one is, too. An IncrementalDataset is not: what it has
    confirmed is kept beside its partitions.
    """
    inner = config["dataset"] if is_wrapper(config) else config
    kind = inner.get("type")
    if isinstance(kind, type):
        return _is_made_from_it(kind)
    name = str(kind)
    if name.rpartition(".")[2] == _CLASS:
        return True
    # Kedro's own are known by name, and need not be installed here.
    if "." not in name or name.startswith(("kedro.", "kedro_datasets.", "kedro_azureml.")):
        return False
    module, _, attribute = name.rpartition(".")
    try:
        return _is_made_from_it(getattr(import_module(module), attribute))
    except Exception:
        return False


def _is_made_from_it(kind: Any) -> bool:
    names = [each.__name__ for each in getattr(kind, "__mro__", ())]
    return _CLASS in names and "IncrementalDataset" not in names


class PartitionShare(AbstractDataset[Any, dict[str, Any]]):
    """Loads the partitions of a share, in the order and the form in which all of them come.

    Args:
        dataset: The dataset of all partitions.
        name: The Kedro dataset's name, for messages.
        shard: The share.
        balance: See `kedro_azureml.distributed.sharding.ShardingConfig`.
    """

    def __init__(
        self,
        dataset: AbstractDataset[Any, Any],
        name: str,
        shard: Shard,
        balance: Balance | None = None,
    ) -> None:
        self._dataset = dataset
        self._name = name
        self._shard = shard
        self._balance = balance
        self._share: dict[str, Any] | None = None

    def load(self) -> dict[str, Any]:
        """Load the share: no partition itself, if the dataset loads none.

        Raises:
            DatasetError: The dataset loads no partitions, or does not tell their sizes.
        """
        if self._share is None:
            partitions = self._dataset.load()
            if not isinstance(partitions, dict):
                raise DatasetError(
                    f"'{self._name}' has loaded a {type(partitions).__name__}, and no partitions "
                    "that could be shared."
                )
            chosen = self._choose(partitions)
            self._share = {name: each for name, each in partitions.items() if name in chosen}
        return dict(self._share)

    def save(self, data: Any) -> None:
        """Refuse to save: this is what a node reads.

        Raises:
            DatasetError: Always.
        """
        raise DatasetError(f"'{self._name}' is read in shares, and is not written here.")

    def _choose(self, partitions: Mapping[str, Any]) -> set[str]:
        if self._balance is None:
            return share_of(partitions, self._shard)
        sizes = _sizes(self._dataset, self._name)
        return balanced_share_of({name: sizes.get(name, 0) for name in partitions}, self._shard)

    def _exists(self) -> bool:
        return bool(self._dataset.exists())

    def _describe(self) -> dict[str, Any]:
        return {"shard": str(self._shard), "dataset": str(self._dataset)}


def _sizes(dataset: Any, name: str) -> dict[str, int]:
    """Return the size of each partition, by what the dataset itself lists.

    Its listing is not public; tests/unit/datasets/test_partitions.py holds the contract.
    """
    try:
        paths = {path: dataset._path_to_partition(path) for path in dataset._list_partitions()}  # noqa: SLF001
        listed = dataset._filesystem.find(  # noqa: SLF001
            dataset._normalized_path,  # noqa: SLF001
            **{**dataset._load_args, "detail": True},  # noqa: SLF001
        )
    except AttributeError as error:
        raise DatasetError(
            f"'{name}' does not tell the sizes of its partitions, so shares of equal size cannot "
            f"be made ({error}). Leave 'balance' out of the decorator."
        ) from error
    sizes = dict.fromkeys(paths.values(), 0)
    for file, facts in listed.items():
        # A partition may be a folder, of versions for example.
        holder = file
        while holder and holder not in paths:
            holder = holder.rpartition("/")[0]
        if holder:
            sizes[paths[holder]] += facts.get("size") or 0
    return sizes
