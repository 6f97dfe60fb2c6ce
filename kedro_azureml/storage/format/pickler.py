"""How an object is pickled on its way to another step: by cloudpickle, with its data."""

from __future__ import annotations

import pickle
from types import MethodType
from typing import Any

import cloudpickle

PROTOCOL = 5


class Pickler(cloudpickle.Pickler):  # type: ignore[misc]
    """Pickles lambdas and classes of ``__main__`` too, and what a dataset would load.

    A node that gets partitions gets the `load` of a dataset for each (kedro_datasets'
    PartitionedDataset). When it passes some on, the files behind them stay on its machine: the data
    goes in their place.
    """

    def reducer_override(self, obj: Any) -> Any:
        """Reduce an object that pickle does not know by itself."""
        if type(obj) is MethodType and _loads_a_dataset(obj):
            return _Loaded, (cloudpickle.dumps(obj(), PROTOCOL),)
        return super().reducer_override(obj)


class _Loaded:
    """In place of a dataset's `load`: like that, it makes a new object with each call."""

    def __init__(self, pickled: bytes) -> None:
        self._pickled = pickled

    def __call__(self) -> Any:
        return pickle.loads(self._pickled)  # noqa: S301 - written by a step of the same job

    def __reduce__(self) -> Any:
        return _Loaded, (self._pickled,)


def _loads_a_dataset(method: MethodType) -> bool:
    # By name: what is pickled without Kedro has no dataset in it. Kedro lets `load` be `_load`.
    return method.__name__ in ("load", "_load") and any(
        (base.__module__, base.__name__) == ("kedro.io.core", "AbstractDataset")
        for base in type(method.__self__).__mro__
    )
