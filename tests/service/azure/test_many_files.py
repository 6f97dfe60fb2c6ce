"""An output of many files is downloaded with many requests at a time, and no name misleads it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.kit.azureml.http.messages import Request, Response
from tests.kit.azureml.service import AzureService
from tests.kit.shell import environment
from tests.kit.submission import Kedro
from tests.kit.waiting import PATIENCE, wait_until

pytest_plugins = ("tests.kit.azureml.fixtures", "tests.kit.fixtures")


def fill(service: AzureService, files: dict[str, bytes]) -> str:
    """Let the output `result` of the newest job hold these files; how their blobs' names begin."""
    storage, container = service.storage, service.workspace.blob_container
    names = storage.names(container)
    (manifest,) = [name for name in names if name.endswith("/result/_manifest.json")]
    prefix = manifest.removesuffix("_manifest.json")
    for name, content in files.items():
        storage.write(container, prefix + name, content)
    record = json.loads(storage.read(container, manifest))
    record["files"] = {name: len(content) for name, content in files.items()}
    storage.write(container, manifest, json.dumps(record).encode())
    return prefix


@contextmanager
def storage_answering(
    service: AzureService, answer: Callable[[Request], Response]
) -> Iterator[None]:
    """Let the storage answer so, in the ``with`` block."""
    hosts = list(service.gateway.hosts)
    service.gateway.hosts[:] = [
        (pattern, answer if ".blob" in pattern.pattern else own) for pattern, own in hosts
    ]
    try:
        yield
    finally:
        service.gateway.hosts[:] = hosts


def downloaded(kedro: Kedro, **variables: str) -> dict[str, bytes]:
    kedro("job", "download", kedro.job, "result", "-o", "fetched", variables=variables)
    root = kedro.project / "fetched/result"
    files = (path for path in root.rglob("*") if path.is_file())
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files}


def test_they_come_at_the_same_time_and_whole(completed: Kedro) -> None:
    files = {f"data/parts/{n:03}.bin": os.urandom(n) for n in range(60)}
    files |= {"data/größe/ü 日本 %41 #?&.bin": b"x", "data/large.bin": os.urandom(40 << 20)}
    fill(completed.service, files)
    lock, now, most = threading.Lock(), 0, 0

    def counted(request: Request) -> Response:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        try:
            time.sleep(0.1)
            return completed.service.storage.answer(request)
        finally:
            with lock:
                now -= 1

    with storage_answering(completed.service, counted):
        found = downloaded(completed)
    assert sorted(found.values()) == sorted(files.values())
    assert 8 <= most <= 40
    # One request tells all names; each small file is one more, an empty one two.
    seen = [s for s in completed.service.requests if ".blob." in s.host]
    assert len([s for s in seen if "000.bin" in s.path]) == 2
    assert len([s for s in seen if "030.bin" in s.path]) == 1


def test_no_name_leads_out_of_its_folder(completed: Kedro, tmp_path: Path) -> None:
    service = completed.service
    prefix = fill(service, {"data/a.bin": b"a"})
    # Neither Azurite nor the SDK's own upload takes such names, so they stand in the list alone.
    names = ("../../../../evil", "data/../../../evil", ".", "x/..")
    for number in range(len(names)):
        service.storage.write(service.workspace.blob_container, f"{prefix}lure{number}", b"evil")
    # These are names of files below the output's folder, whatever they look like.
    for name in (f"{tmp_path}/evil", "..\\evil"):
        service.storage.write(service.workspace.blob_container, prefix + name, b"evil")
    # Another output whose name begins like this one's is no part of it.
    service.storage.write(service.workspace.blob_container, f"{prefix[:-1]}2/a.bin", b"another")

    def misleading(request: Request) -> Response:
        answer = service.storage.answer(request)
        body = answer.body
        if request.query.get("comp") == "list":
            for number, name in enumerate(names):
                body = body.replace(f"{prefix}lure{number}".encode(), f"{prefix}{name}".encode())
        return Response(answer.status, body, answer.headers)

    scratch = tmp_path / "scratch"
    scratch.mkdir()
    with storage_answering(service, misleading):
        assert downloaded(completed, TMPDIR=str(scratch)) == {"a.bin": b"a"}
    assert not service.count("GET", "lure")
    assert not list(tmp_path.rglob("evil*"))
    assert not list(completed.project.rglob("*evil*"))
    assert not list(scratch.iterdir())


def test_a_folder_of_a_hierarchical_account_is_no_file(completed: Kedro) -> None:
    """There a folder is a blob of its own, empty and marked."""
    service = completed.service
    prefix = fill(service, {"data/parts/a.bin": b"a"})
    for folder in ("data", "data/parts", "data/empty"):
        service.storage.blobs.get_blob_client(
            service.workspace.blob_container, prefix + folder
        ).upload_blob(b"", metadata={"hdi_isfolder": "true"})
    assert list(downloaded(completed).values()) == [b"a"]


def test_an_interrupt_in_the_middle(completed: Kedro, tmp_path: Path) -> None:
    service = completed.service
    fill(service, {f"data/parts/{n:03}.bin": b"x" for n in range(300)})
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    service.faults.latency = 0.3
    process = subprocess.Popen(
        [sys.executable, "-m", "kedro", "azureml", "job", "download", completed.job, "result"],
        cwd=completed.project,
        env=environment(**completed.variables(), TMPDIR=str(scratch)),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    wait_until(lambda: service.count("GET", r"\.bin$") > 10)
    process.send_signal(signal.SIGTERM)
    said = process.communicate(timeout=PATIENCE)[0]
    assert process.returncode == 130, said
    assert service.count("GET", r"\.bin$") < 150
    assert "Interrupted." in said
    assert not list(scratch.iterdir())
    assert not (completed.project / ".kedro_azureml/downloads").exists()
