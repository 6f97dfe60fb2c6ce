"""``azure.mlflow``: what a step is told of it."""

from __future__ import annotations

from typing import Any

import pytest

from kedro_azureml.config.models.azureml import AzureMLConfig


@pytest.mark.parametrize(
    ("section", "told"),
    [
        (None, {}),
        ({}, {}),
        ({"join": True, "parent_metrics": "all"}, {}),
        ({"join": False}, {"join": False}),
        ({"parent_metrics": []}, {"parent_metrics": []}),
        ({"parent_metrics": ["r2", "loss*"]}, {"parent_metrics": ["r2", "loss*"]}),
    ],
)
def test_steps_are_told_what_differs(section: Any, told: dict[str, Any]) -> None:
    config = AzureMLConfig.model_validate({"azure": {"mlflow": section}})
    assert config.azure.mlflow.for_steps() == told
