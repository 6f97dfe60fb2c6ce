"""`kedro azureml job download --into-catalog`: what it writes, and what it leaves alone."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from tests.kit.submission import Kedro

pytest_plugins = ("tests.kit.azureml.fixtures", "tests.kit.fixtures")


def test_the_catalog_decides_where_a_dataset_lies(kedro: Kedro) -> None:
    service = kedro.service
    service.execution.mode = "real"
    kedro("run", "--wait-for-completion")
    container = service.workspace.blob_container
    (manifest,) = [
        n for n in service.storage.names(container) if n.endswith("result/_manifest.json")
    ]
    (result,) = [n for n in service.storage.names(container) if n.endswith("/result.json")]
    record = json.loads(service.storage.read(container, manifest))
    evil = {".git/hooks/post-checkout": 4, "src/minimal/evil.py": 4}
    for name in evil:
        service.storage.write(
            container, result.replace("data/08_reporting/result.json", name), b"evil"
        )
    record["files"] |= evil
    service.storage.write(container, manifest, json.dumps(record).encode())
    done = kedro("job", "download", kedro.job, "--into-catalog")
    assert (kedro.project / "data/08_reporting/result.json").read_text() == "1"
    assert not (kedro.project / ".git/hooks/post-checkout").exists()
    assert not (kedro.project / "src/minimal/evil.py").exists()
    folder = kedro.project / ".kedro_azureml/downloads" / kedro.job / "result"
    assert (folder / "src/minimal/evil.py").read_text() == "evil"
    assert "'src/minimal/evil.py' of 'result' goes to .kedro_azureml/downloads/" in done.stderr


def test_a_file_that_is_added_to_outlives_force(kedro: Kedro) -> None:
    catalog = kedro.project / "conf/base/catalog.yml"
    text = catalog.read_text().replace(
        "result: {", "result: {fs_args: {open_args_save: {mode: a}}, "
    )
    catalog.write_text(text)
    target = kedro.project / "data/08_reporting/result.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text("the history")
    kedro.service.execution.mode = "real"
    kedro("run", "--wait-for-completion")
    done = kedro("job", "download", kedro.job, "--into-catalog", "--force")
    assert target.read_text() == "the history"
    folder = kedro.project / ".kedro_azureml/downloads" / kedro.job / "result"
    assert (folder / "result.json").read_text() == "1"
    assert "the dataset only adds to it" in done.stderr


def test_a_persons_file_is_kept_when_force_replaces_it(kedro: Kedro) -> None:
    target = kedro.project / "data/08_reporting/result.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text("mine")
    kedro.service.execution.mode = "real"
    kedro("run", "--wait-for-completion")
    done = kedro("job", "download", kedro.job, "--into-catalog", "--force")
    assert target.read_text() == "1"
    (kept,) = (kedro.project / ".kedro_azureml/replaced").rglob("result.json")
    assert kept.read_text() == "mine"
    assert "data/08_reporting/result.json was not written by kedro-azureml" in done.stderr


def test_the_rehearsal_and_the_download_give_the_same_files(kedro: Kedro, tmp_path: Path) -> None:
    def state(folder: Path) -> dict[str, bytes]:
        files = (file for file in folder.rglob("*") if file.is_file())
        return {file.relative_to(folder).as_posix(): file.read_bytes() for file in files}

    kedro.service.execution.mode = "real"
    kedro("run", "--wait-for-completion")
    kedro("run", "--local", "--into-catalog")
    rehearsed = state(kedro.project / "data")
    shutil.rmtree(kedro.project / "data/08_reporting")
    kedro("job", "download", kedro.job, "--into-catalog")
    assert state(kedro.project / "data") == rehearsed
