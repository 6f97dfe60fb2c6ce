"""A store of files, for an MLflow that knows no databases, such as mlflow-skinny."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import quote

from kedro_azureml.rehearsal.mlflow.files import StoreContent, StoreFiles, TrackedRun
from kedro_azureml.rehearsal.workspace.run_folders import delete_tree

# MLflow's numbers for the status of a run, which its files hold.
_NUMBERS = {"RUNNING": 1, "SCHEDULED": 2, "FINISHED": 3, "FAILED": 4, "KILLED": 5}
_SOURCE_JOB = 2


def open_file_store(files: StoreFiles) -> None:
    """Write the experiment and the runs, unless another step has."""
    with files.locked():
        if files.runs.exists():
            return
        content = files.read()
        partial = files.folder / "mlruns.part"
        # Where such a store has them; it takes a folder of a run without for none.
        artifacts_uri = f"file://{quote(str(files.runs))}"
        _write_experiment(partial / content.experiment_id, content, artifacts_uri)
        partial.replace(files.runs)


def _write_experiment(folder: Path, content: StoreContent, artifacts_uri: str) -> None:
    folder.mkdir(parents=True)
    location = f"{artifacts_uri}/{content.experiment_id}"
    _write(
        folder / "meta.yaml",
        artifact_location=location,
        creation_time=content.created,
        experiment_id=content.experiment_id,
        last_update_time=content.created,
        lifecycle_stage="active",
        name=content.experiment,
    )
    for run in content.runs:
        _write_run(folder / run.id, run, content, f"{location}/{run.id}/artifacts")


def _write_run(folder: Path, run: TrackedRun, content: StoreContent, artifacts_uri: str) -> None:
    for part in ("artifacts", "metrics", "params", "tags"):
        (folder / part).mkdir(parents=True)
    _write(
        folder / "meta.yaml",
        artifact_uri=artifacts_uri,
        end_time=None,
        entry_point_name="",
        experiment_id=content.experiment_id,
        lifecycle_stage="active",
        run_id=run.id,
        run_name=run.name,
        run_uuid=run.id,
        source_name="",
        source_type=_SOURCE_JOB,
        source_version="",
        start_time=content.created,
        status=_NUMBERS["SCHEDULED" if run.parent else "RUNNING"],
        tags=[],
        user_id="rehearsal",
    )
    for key, value in run.all_tags.items():
        (folder / "tags" / key).write_text(value, encoding="utf-8")


def finish_runs_in_files(
    runs: Path, ended: Mapping[str, tuple[str, int, int]], removed: Iterable[str]
) -> None:
    """Write how runs ended, and remove those of steps that never began."""
    for file in runs.glob("*/*/meta.yaml"):
        run = file.parent.name
        if run in ended:
            status, began, over = ended[run]
            text = file.read_text(encoding="utf-8")
            for key, value in (
                ("status", _NUMBERS[status]),
                ("start_time", began),
                ("end_time", over),
            ):
                text = re.sub(rf"(?m)^{key}:.*$", f"{key}: {value}", text)
            file.write_text(text, encoding="utf-8")
        elif run in removed:
            delete_tree(file.parent)


def _write(path: Path, **values: object) -> None:
    # Every JSON value is a YAML value.
    lines = (f"{key}: {json.dumps(value)}\n" for key, value in values.items())
    path.write_text("".join(lines), encoding="utf-8")
