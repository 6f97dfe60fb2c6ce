"""A dataset whose data is a folder, as a model of MLflow's is one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from kedro.io import AbstractDataset


class ModelFolder(AbstractDataset[dict[str, Any], dict[str, Any]]):
    def __init__(self, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        self._filepath = Path(filepath)
        self.metadata = metadata

    def load(self) -> dict[str, Any]:
        return json.loads((self._filepath / "artifacts" / "model.json").read_text())

    def save(self, data: dict[str, Any]) -> None:
        (self._filepath / "artifacts").mkdir(parents=True)
        (self._filepath / "MLmodel").write_text("flavors: {}\n")
        (self._filepath / "artifacts" / "model.json").write_text(json.dumps(data))

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}
