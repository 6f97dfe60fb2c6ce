"""Write the published JSON schemas anew: python tools/schemas.py."""

import json
from pathlib import Path

from kedro_azureml.job.run_json import SCHEMAS, schema

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "schemas"


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name in SCHEMAS:
        text = json.dumps(schema(name), indent=2) + "\n"
        (FOLDER / f"{name}.schema.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
