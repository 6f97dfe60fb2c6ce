"""The published schemas of what is deployed are those of the models."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kedro_azureml.azure.deploy import plan_json
from kedro_azureml.azure.deploy.endpoints import endpoint_json
from kedro_azureml.azure.deploy.schedules import schedule_json
from kedro_azureml.job.published import schema_of
from tests.kit.schemas import FOLDER

SCHEMAS: dict[str, Any] = {
    **plan_json.SCHEMAS,
    **schedule_json.SCHEMAS,
    **endpoint_json.SCHEMAS,
}


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_the_models(name: str) -> None:
    published = json.loads((FOLDER / f"{name}.schema.json").read_text(encoding="utf-8"))
    assert published == schema_of(SCHEMAS[name])
