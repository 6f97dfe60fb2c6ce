"""What a job left is not trusted: it chooses no address that a login is sent to."""

from __future__ import annotations

import json
from typing import Any

from tests.kit.submission import Kedro

pytest_plugins = ("tests.kit.azureml.fixtures", "tests.kit.fixtures")

LISTENER = "https://listener.blob.core.windows.net/loot"


def change_manifest(kedro: Kedro, dataset: str, /, **changes: Any) -> None:
    """Change what the newest job says of a dataset that it wrote."""
    storage = kedro.service.storage
    for container in storage.blobs.list_containers():
        for name in storage.names(container.name):
            if name.endswith("/_manifest.json"):
                data = json.loads(storage.read(container.name, name))
                if data["dataset"] == dataset:
                    text = json.dumps({**data, **changes})
                    storage.write(container.name, name, text.encode())


def test_a_manifest_sends_no_login_anywhere(completed: Kedro) -> None:
    for kind, *options in (("local",), ("object",), ("local", "--into-catalog")):
        change_manifest(completed, "result", kind=kind, stored="a/key", storage=LISTENER)
        said = completed.refused("KAZ714", "job", "download", completed.job, "result", *options)
        assert f"names the storage {LISTENER}, and the job has none" in said
    assert not [s for s in completed.service.requests if s.host.startswith("listener")]
    assert not list(completed.project.glob("data/08_reporting/*.json"))


def test_a_manifest_of_wrong_types(completed: Kedro) -> None:
    for change in ({"files": ["a"]}, {"kind": 3}):
        change_manifest(completed, "result", **change)
        said = completed.refused("KAZ714", "job", "download", completed.job, "result")
        assert "cannot be read: a value is not of the type that a manifest has" in said


def test_a_manifest_that_names_a_file_twice(completed: Kedro) -> None:
    own, again = "data/08_reporting/result.json", "data/./08_reporting/result.json"
    storage = completed.service.storage
    (found,) = (
        storage.read(container.name, name)
        for container in storage.blobs.list_containers()
        for name in storage.names(container.name)
        if name.endswith(own)
    )
    change_manifest(completed, "result", files=dict.fromkeys((own, again), len(found)))
    for options in ((), ("--into-catalog",)):
        said = completed.refused("KAZ714", "job", "download", completed.job, "result", *options)
        assert f"names the file '{again}', which is no path" in said
