"""`kedro azureml storage`: what runs left, and its removal."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from kedro_azureml.azure import stored_runs
from kedro_azureml.storage import FolderStore
from kedro_azureml.storage.runs import key_of, part_of, runs_of
from kedro_azureml.storage.store import Entry
from tests.kit.azureml.service import AzureService
from tests.kit.submission import Kedro
from tests.kit.terminal import run_kedro_on_terminal
from tests.service.storage.conftest import CONTAINER, MakeStore

pytest_plugins = ("tests.kit.azureml.fixtures", "tests.kit.fixtures")


@pytest.fixture
def project(kedro: Kedro, make_store: MakeStore) -> Kedro:
    """A project whose azureml.yml names a container, in which two runs left data."""
    file = kedro.project / "conf/base/azureml.yml"
    account = kedro.service.storage.account
    section = f"  temporary_storage: {{account_name: {account}, container: {CONTAINER}}}\n"
    file.write_text(file.read_text() + section)
    store = make_store()
    for run, dataset in (("run-1", "a"), ("run-1", "b"), ("run-2", "a")):
        store.save(key_of(run, dataset), bytes(5_000))
    kedro.service.storage.write(CONTAINER, "somebody-elses", b"x")
    return kedro


def test_list_and_clean(project: Kedro) -> None:
    by_key = {"AZURE_STORAGE_ACCOUNT_KEY": project.service.storage.key}
    done = project("storage", "list", variables=by_key)
    account = project.service.storage.account
    assert f"Temporary storage: https://{account}.blob.core.windows.net/{CONTAINER}" in done.stderr
    assert re.search(r"^run-1 +2 datasets +\d+ bytes  \d{4}-.* just now$", done.stdout, re.M)
    assert re.search(r"^run-2 +1 dataset +", done.stdout, re.M)
    assert "2 runs, " in done.stdout
    # The other way in: whoever is logged in.
    listed = project.json("storage", "list")
    assert [(run["run"], run["datasets"]) for run in listed] == [("run-1", 2), ("run-2", 1)]
    done = project("storage", "clean", "--older-than", "1h", variables=by_key)
    assert "No run is older than 1h." in done.stdout
    names = project.service.storage.names
    assert len(names(CONTAINER)) == 4
    # Nothing to confirm on: nothing is deleted.
    make_old(project.service)
    said = project.refused("KAZ107", "storage", "clean", "--older-than", "7d", variables=by_key)
    assert "Nothing was deleted" in said
    assert len(names(CONTAINER)) == 4
    done = project("storage", "clean", "--older-than", "7d", "--yes", variables=by_key)
    assert "Deleted 2 runs, " in done.stdout
    assert names(CONTAINER) == ["somebody-elses"]
    assert "No run left any data" in project("storage", "list", variables=by_key).stdout


def make_old(service: AzureService) -> None:
    """Let the service answer as it will in a month."""
    from dataclasses import replace

    from tests.kit.azureml.http.messages import Request, Response

    answer = service.storage.answer

    def later(request: Request) -> Response:
        found = answer(request)
        then = (datetime.now(timezone.utc) - timedelta(days=30)).strftime("%a, %d %b %Y %X GMT")
        text = re.sub(rb"<Last-Modified>[^<]*<", f"<Last-Modified>{then}<".encode(), found.body)
        return replace(found, body=text)

    service.gateway.hosts = [
        (pattern, later if host == answer else host) for pattern, host in service.gateway.hosts
    ]


@pytest.fixture(autouse=True)
def _the_present(azure_service: AzureService) -> Iterator[None]:
    """Undo `make_old`."""
    hosts = azure_service.gateway.hosts
    yield
    azure_service.gateway.hosts = hosts


def test_on_a_terminal_one_is_asked(project: Kedro) -> None:
    """For the key, unseen, and before anything is deleted."""
    make_old(project.service)
    key = project.service.storage.key
    code, screen = run_kedro_on_terminal(
        project.project,
        *("azureml", "storage", "clean", "--older-than", "7d"),
        # With the space: click writes that once what is typed is no longer shown, or thrown away.
        conversation=[("(empty: by identity): ", f"{key}\n"), ("Delete 2 runs", "n\n")],
        **project.variables(),
    )
    assert code == 1, screen
    assert "Nothing was deleted." in screen
    assert key not in screen
    assert len(project.service.storage.names(CONTAINER)) == 4


def test_what_cannot_be(project: Kedro) -> None:
    variables: dict[str, str | None] = {"AZURE_STORAGE_ACCOUNT_KEY": "no-key-at-all"}
    said = project.refused("KAZ803", "storage", "list", variables=variables)
    assert "no-key-at-all" not in said
    variables = {"AZURE_STORAGE_CONNECTION_STRING": "nonsense-string"}
    assert "nonsense-string" not in project.refused(
        "KAZ801", "storage", "list", variables=variables
    )
    said = project.refused("KAZ107", "storage", "clean", "--older-than", "soon")
    assert "'7d' (days)" in said
    project.service.storage.blobs.delete_container(CONTAINER)
    variables = {"AZURE_STORAGE_ACCOUNT_KEY": project.service.storage.key}
    assert f"has no container '{CONTAINER}'" in project.refused(
        "KAZ801", "storage", "list", variables=variables
    )
    file = project.project / "conf/base/azureml.yml"
    file.write_text(file.read_text().replace("  temporary_storage", "#"))
    assert "names no temporary storage" in project.refused("KAZ108", "storage", "list")


def test_names_become_parts_of_keys() -> None:
    plain = ["table", "baseline.model", "a_b-c.2", "_x"]
    assert [part_of(name) for name in plain] == plain
    unusual = ["Table", "tabLe", "a/b", "..", ".", "a.", "é", "", "x" * 500, "'; rm", "a b", "-"]
    parts = [part_of(name) for name in unusual]
    assert len({part.lower() for part in parts}) == len(unusual)
    assert all(re.fullmatch(r"[a-z0-9_.-]{8,100}", part) for part in parts)
    assert key_of("Run", "a/b").count("/") == 2


def test_folders_of_a_hierarchical_namespace(tmp_path: Path) -> None:
    """They are listed like blobs, and can only be deleted when they are empty."""
    now = datetime.now(timezone.utc)
    keys = ["kedro-azureml-temp", *("kedro-azureml-temp/r", "kedro-azureml-temp/r/d")]
    keys += ["kedro-azureml-temp/r/d/e", "elsewhere/r/d"]
    deleted: list[str] = []

    class Listing(FolderStore):
        def delete(self, key: str) -> None:
            deleted.append(key)

    runs = runs_of(Entry(key, 1, now) for key in keys)
    assert [run.name for run in runs] == ["r"]
    stored_runs.delete(Listing(tmp_path), runs)
    assert deleted == ["kedro-azureml-temp/r/d/e", "kedro-azureml-temp/r/d"]
    assert stored_runs.older_than(runs, 60, now + timedelta(seconds=59)) == []
    assert stored_runs.older_than(runs, 60, now + timedelta(seconds=61)) == runs
    ages = [stored_runs.age(runs[0], now + timedelta(minutes=m)) for m in (0, 1, 125, 3000)]
    assert ages == ["just now", "1 minute ago", "2 hours ago", "2 days ago"]
