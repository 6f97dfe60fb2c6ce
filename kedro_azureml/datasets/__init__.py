"""Public datasets, and the ones that a step swaps in.

Import cost matters: nothing is loaded until a name is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kedro_azureml.datasets.asset_dataset import AzureMLAssetDataset
    from kedro_azureml.datasets.pickled import PickledDataset
    from kedro_azureml.datasets.pipeline import AzureMLPipelineDataset
    from kedro_azureml.datasets.stored import StoredDataset

__all__ = ["AzureMLAssetDataset", "AzureMLPipelineDataset", "PickledDataset", "StoredDataset"]

_HOMES = {
    "AzureMLAssetDataset": "kedro_azureml.datasets.asset_dataset",
    "AzureMLPipelineDataset": "kedro_azureml.datasets.pipeline",
    "PickledDataset": "kedro_azureml.datasets.pickled",
    "StoredDataset": "kedro_azureml.datasets.stored",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
