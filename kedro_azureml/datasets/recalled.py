"""Datasets of kedro-mlflow that load what their own MLflow run has saved, if told no other.

Each step has a run of its own. So a step that saves one of these says in its folder where the data
is, and a step that loads it is told so by the dataset's entry.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

# By name: nothing is imported for a look at an entry. The value is where an address belongs; the
# last key is also what the object calls it.
_METRICS = ("run_id",)
_ADDRESSES: Mapping[str, tuple[str, ...]] = {
    "MlflowMetricDataset": _METRICS,
    "MlflowMetricHistoryDataset": _METRICS,
    "MlflowMetricsHistoryDataset": _METRICS,
    "MlflowModelTrackingDataset": ("load_args", "model_uri"),
}
_FILE = "mlflow.json"


def is_kept_by_mlflow(config: Mapping[str, Any]) -> bool:
    """Tell whether a resolved entry is of such a dataset."""
    return _class_name(config.get("type")) in _ADDRESSES


def keep_address(folder: Path, dataset: object) -> None:
    """Say in the folder of an output where its data is, if the dataset is one of these.

    Args:
        folder: The folder.
        dataset: The dataset, which has saved while the step's run was active.
    """
    keys = _ADDRESSES.get(type(dataset).__name__)
    if keys is None:
        return
    # One that does not know where it has saved, perhaps in another process, raises an error.
    with suppress(Exception):
        text = json.dumps({"address": getattr(dataset, keys[-1])})
        (folder / _FILE).write_text(text, encoding="utf-8")


def with_address(folder: Path, config: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the entry with the address that an earlier step has left in the folder, if any."""
    keys, file = _ADDRESSES.get(_class_name(config.get("type"))), folder / _FILE
    if keys is None or _value_at(config, keys) or not file.is_file():
        return None
    address = json.loads(file.read_text(encoding="utf-8"))["address"]
    if len(keys) == 1:
        return {**config, keys[0]: address}
    return {**config, keys[0]: {**(config.get(keys[0]) or {}), keys[1]: address}}


def _class_name(kind: object) -> str:
    return (kind if isinstance(kind, str) else getattr(kind, "__name__", "")).rpartition(".")[2]


def _value_at(config: Mapping[str, Any], keys: tuple[str, ...]) -> Any:
    value: Any = config
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value
