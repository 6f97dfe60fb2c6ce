"""What a step that loads is told of where MLflow keeps what another one has saved."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kedro_azureml.datasets.recalled import is_kept_by_mlflow, keep_address, with_address


class MlflowMetricDataset:
    """Called as kedro-mlflow's, which is known by its name."""

    run_id = "run-1"


class MlflowModelTrackingDataset:
    model_uri = "models:/m-1"


def entry(kind: str, **more: Any) -> dict[str, Any]:
    return {"type": f"kedro_mlflow.io.x.{kind}", **more}


@pytest.mark.parametrize(
    ("dataset", "config", "told"),
    [
        (MlflowMetricDataset(), {"key": "k"}, {"key": "k", "run_id": "run-1"}),
        (MlflowMetricDataset(), {"run_id": "own"}, None),
        (
            MlflowModelTrackingDataset(),
            {"flavor": "f", "load_args": {"a": 1}},
            {"flavor": "f", "load_args": {"a": 1, "model_uri": "models:/m-1"}},
        ),
        (MlflowModelTrackingDataset(), {"load_args": {"model_uri": "models:/m/3"}}, None),
        (object(), {}, None),
    ],
)
def test_an_address_goes_to_the_next_step(
    dataset: object, config: dict[str, Any], told: dict[str, Any] | None, tmp_path: Path
) -> None:
    whole = entry(type(dataset).__name__, **config)
    keep_address(tmp_path, dataset)
    expected = None if told is None else entry(type(dataset).__name__, **told)
    assert with_address(tmp_path, whole) == expected
    assert is_kept_by_mlflow(whole) is type(dataset).__name__.startswith("Mlflow")


def test_nothing_is_told_where_nothing_was_saved(tmp_path: Path) -> None:
    class MlflowModelTrackingDataset:
        @property
        def model_uri(self) -> str:
            raise ValueError("save a model before")

    keep_address(tmp_path, MlflowModelTrackingDataset())
    assert not list(tmp_path.iterdir())
    assert with_address(tmp_path, entry("MlflowMetricDataset", key="k")) is None
