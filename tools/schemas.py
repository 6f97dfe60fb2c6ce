"""Write the published JSON schemas anew: python tools/schemas.py."""

import json
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from kedro_azureml.azure.deploy import plan_json as deployment_json
from kedro_azureml.azure.deploy.endpoints import endpoint_json
from kedro_azureml.azure.deploy.schedules import schedule_json
from kedro_azureml.job.published import schema_of
from kedro_azureml.job.run import run_json
from kedro_azureml.plan_view import plan_json

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "schemas"
SCHEMAS: dict[str, TypeAdapter[Any]] = {
    **run_json.SCHEMAS,
    **plan_json.SCHEMAS,
    **deployment_json.SCHEMAS,
    **schedule_json.SCHEMAS,
    **endpoint_json.SCHEMAS,
}


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, adapter in SCHEMAS.items():
        text = json.dumps(schema_of(adapter), indent=2) + "\n"
        (FOLDER / f"{name}.schema.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
