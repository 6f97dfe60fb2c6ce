"""The store of files of an MLflow without databases."""

from __future__ import annotations

from pathlib import Path

from kedro_azureml.rehearsal.mlflow.file_store import open_file_store
from kedro_azureml.rehearsal.mlflow.files import StoreContent, StoreFiles, TrackedRun


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
