"""A local MLflow file store with runs that are already there, written without MLflow.

Azure ML starts a step's MLflow run before the step (``MLFLOW_RUN_ID``), so ``mlflow.log_metric``
works at once. Read by MLflow 2.9 to 3.17.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

_RUNNING = 1
_SOURCE_LOCAL = 4


@dataclass(frozen=True)
class MlflowStore:
    """The file store of one rehearsal.

    Attributes:
        folder: Where it lies.
        experiment_id: The folder of its only experiment.
        experiment: That experiment's name.
    """

    folder: Path
    experiment_id: str
    experiment: str

    @property
    def uri(self) -> str:
        """What ``MLFLOW_TRACKING_URI`` is."""
        return f"file://{quote(str(self.folder))}"

    def create(self, moment: float) -> None:
        """Write the experiment.

        Args:
            moment: The present, in seconds since 1970.
        """
        folder = self.folder / self.experiment_id
        folder.mkdir(parents=True)
        _write(
            folder / "meta.yaml",
            artifact_location=f"{self.uri}/{self.experiment_id}",
            creation_time=int(moment * 1000),
            experiment_id=self.experiment_id,
            last_update_time=int(moment * 1000),
            lifecycle_stage="active",
            name=self.experiment,
        )

    def add_run(self, run_id: str, name: str, moment: float, parent: str | None = None) -> None:
        """Write a run that has just begun."""
        folder = self.folder / self.experiment_id / run_id
        for part in ("artifacts", "metrics", "params", "tags"):
            (folder / part).mkdir(parents=True)
        _write(
            folder / "meta.yaml",
            artifact_uri=f"{self.uri}/{self.experiment_id}/{run_id}/artifacts",
            end_time=None,
            entry_point_name="",
            experiment_id=self.experiment_id,
            lifecycle_stage="active",
            run_id=run_id,
            run_name=name,
            run_uuid=run_id,
            source_name="",
            source_type=_SOURCE_LOCAL,
            source_version="",
            start_time=int(moment * 1000),
            status=_RUNNING,
            tags=[],
            user_id="rehearsal",
        )
        tags = {"mlflow.runName": name, "mlflow.rootRunId": parent or run_id}
        if parent:
            tags["mlflow.parentRunId"] = parent
        for key, value in tags.items():
            (folder / "tags" / key).write_text(value, encoding="utf-8")


def _write(path: Path, **values: object) -> None:
    # Every JSON value is a YAML value.
    lines = (f"{key}: {json.dumps(value)}\n" for key, value in values.items())
    path.write_text("".join(lines), encoding="utf-8")
