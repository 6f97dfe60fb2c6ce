"""The store of files of an MLflow without databases."""

from __future__ import annotations

import math
import subprocess
from pathlib import Path

from kedro_azureml.rehearsal.mlflow.file_store import open_file_store
from kedro_azureml.rehearsal.mlflow.files import StoreContent, StoreFiles, TrackedRun
from kedro_azureml.rehearsal.mlflow.metrics import logged_metrics
from tests.kit.mlflow_environment import mlflow_program


def test_tags_of_any_name_stay_in_their_folder(tmp_path: Path) -> None:
    files = StoreFiles(tmp_path / "store")
    tags = {"team/owner": "me", "../../../../../out": "x", f"{tmp_path}/absolute": "x"}
    run = TrackedRun("job", "job", tags=tags)
    files.write(StoreContent("1", "exp", 0, "", (run,)))
    open_file_store(files)
    folder = files.runs / "1/job/tags"
    written = {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}
    assert written == {"team/owner", "mlflow.runName", "mlflow.rootRunId"}
    assert [path.name for path in tmp_path.iterdir()] == ["store"]


_LOG = """
import sys
from mlflow.store.tracking.file_store import FileStore
from mlflow.entities import Metric

store = FileStore(sys.argv[1], sys.argv[1])
for key, value, moment, step in [
    ("score", 9.0, 5, 0), ("score", 0.25, 3, 2), ("score", 0.5, 4, 2), ("score", 7.0, 9, 1),
    ("deep/er", 1e-30, 1, 0), ("nothing", float("nan"), 1, 0),
]:
    store.log_metric("job", Metric(key, value, moment, step))
for metric in store.get_run("job").data.metrics.items():
    print(*metric)
"""


def test_the_last_value_of_a_metric_is_what_mlflow_says(tmp_path: Path) -> None:
    files = StoreFiles(tmp_path / "store")
    files.write(StoreContent("1", "exp", 0, "", (TrackedRun("job", "job"),)))
    open_file_store(files)
    done = subprocess.run(
        [str(mlflow_program()), "-c", _LOG, str(files.runs)],
        env={"MLFLOW_ALLOW_FILE_STORE": "true", "MLFLOW_DISABLE_TELEMETRY": "true"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said = dict(line.split() for line in done.stdout.splitlines())
    assert said == {"score": "0.5", "deep/er": "1e-30", "nothing": "nan"}
    logged = logged_metrics(files, "job")
    assert math.isnan(logged.pop("nothing"))
    assert logged == {"score": 0.5, "deep/er": 1e-30}
    assert logged_metrics(files, "other") == {}
