"""What goes wrong between here and a container: mended, or said plainly; never half an object."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kedro_azureml.storage import BlobStore, StorageError, Store
from kedro_azureml.storage.errors import MissingError
from kedro_azureml.storage.sas import container_sas
from tests.kit.azureml.http.faults import Kind
from tests.kit.azureml.http.messages import Response
from tests.kit.azureml.service import AzureService
from tests.service.storage.conftest import CONTAINER, MakeStore

pytest_plugins = ("tests.kit.azureml.fixtures",)

DATA = np.random.default_rng(3).integers(0, 2**40, 20_000)  # four blocks of 50,000 bytes


def requests_of(service: AzureService, action: Callable[[], Any]) -> int:
    before = len(service.requests)
    action()
    return len(service.requests) - before


@pytest.mark.parametrize("kind", ["drop", "lose", "cut", "unavailable"])
def test_every_request_may_fail_once(
    azure_service: AzureService, blobs: BlobStore, small_blocks: None, kind: Kind
) -> None:
    """A connection cut at every block, before and behind it and in the middle; a 503 everywhere."""
    saves = requests_of(azure_service, lambda: blobs.save("x", DATA))
    loads = requests_of(azure_service, lambda: blobs.load("x"))
    assert saves >= 5
    assert loads >= 4
    for number in range(1, saves + 1):
        fault = azure_service.inject(kind, method="PUT", host=r".*\.blob\.", number=number)
        blobs.save(f"x{number}", DATA)
        assert fault.hits == 1
        azure_service.faults.clear()
        assert np.array_equal(blobs.load(f"x{number}"), DATA)
    for number in range(1, loads + 1):
        fault = azure_service.inject(kind, method="GET", host=r".*\.blob\.", number=number)
        assert np.array_equal(blobs.load("x"), DATA)
        assert fault.hits == 1
        azure_service.faults.clear()
    for action in (
        lambda: blobs.save("small", 1),
        lambda: blobs.load("small"),
        lambda: blobs.exists("small"),
        lambda: list(blobs.list()),
        lambda: blobs.delete("small"),
        blobs.check,
    ):
        azure_service.inject(kind, host=r".*\.blob\.")
        action()
        azure_service.faults.clear()


def test_every_request_fails_once_in_one_save(
    azure_service: AzureService, blobs: BlobStore, small_blocks: None
) -> None:
    for number in range(1, 40, 2):
        azure_service.inject("unavailable", host=r".*\.blob\.", number=number)
    blobs.save("x", DATA)
    assert np.array_equal(blobs.load("x"), DATA)


def test_a_service_that_stays_away(azure_service: AzureService, blobs: BlobStore) -> None:
    blobs.save("x", "before")
    for kind, said in (("drop", "cannot be reached"), ("unavailable", "HTTP 503|ServiceUnavail")):
        azure_service.inject(kind, host=r".*\.blob\.", times=None)  # type: ignore[arg-type]
        for action in (
            lambda: blobs.save("x", DATA),
            lambda: blobs.load("x"),
            lambda: list(blobs.list()),
        ):
            with pytest.raises(StorageError, match=said) as caught:
                action()
            assert "kedrotests" in str(caught.value)
            assert caught.value.__cause__ is None
        azure_service.faults.clear()
    assert blobs.load("x") == "before"


def test_a_save_that_fails_late_leaves_what_was(
    azure_service: AzureService, blobs: BlobStore, small_blocks: None
) -> None:
    blobs.save("x", "before")
    blobs.save("other", 1)
    azure_service.inject("forbidden", method="PUT", host=r".*\.blob\.", number=5, times=None)
    with pytest.raises(StorageError, match="Permission is missing"):
        blobs.save("x", DATA)
    with pytest.raises(StorageError, match="Permission is missing"):
        blobs.save("new", DATA)
    azure_service.faults.clear()
    assert blobs.load("x") == "before"
    assert not blobs.exists("new")


_SAVE = """
import sys
import numpy as np
from kedro_azureml.storage import BlobStore
import kedro_azureml.storage.format.writer as writer
writer.BLOCK, writer._PARTS = 50_000, ((0, 20_000),)
url, container, sas = sys.argv[1:]
store = BlobStore(url, container, sas)
print("begun", flush=True)
store.save("x", np.random.default_rng(3).integers(0, 2**40, 400_000))
"""


def test_killed_in_the_middle_of_a_save(
    azure_service: AzureService, blobs: BlobStore, small_blocks: None
) -> None:
    blobs.save("x", "before")
    azure_service.faults.latency = 0.05
    storage = azure_service.storage
    sas = container_sas(storage.account, CONTAINER, storage.key, 3600)
    process = subprocess.Popen(
        [sys.executable, "-c", _SAVE, storage.url, CONTAINER, sas],
        env={**os.environ, **azure_service.network},
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    with process.stdout:
        process.stdout.readline()
        while azure_service.count("PUT", "/x$") < 5:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
    azure_service.faults.latency = 0
    assert 5 <= azure_service.count("PUT", "/x$") < 64
    assert blobs.load("x") == "before"
    # And what was left behind is in nobody's way.
    blobs.save("x", DATA)
    assert np.array_equal(blobs.load("x"), DATA)


def test_two_write_at_once_and_others_read(store: Store, small_blocks: None) -> None:
    heads: list[int] = []
    failed: list[BaseException] = []
    over = threading.Event()
    store.save("x", np.full(40_000, 0))

    def write(number: int) -> None:
        for round_ in range(4):
            # Incompressible, so that both have as many blocks, and none is like the other's.
            noise = np.random.default_rng(number * 100 + round_).integers(0, 2**40, 40_000)
            noise[:1] = number
            noise[-1:] = number
            store.save("x", noise)

    def read() -> None:
        while not over.is_set():
            try:
                seen = store.load("x")
            except StorageError as error:
                if "Another writer" not in str(error):
                    failed.append(error)
                    return
                continue
            heads.append(int(seen[0]))
            if seen[0] != seen[-1] or len(seen) != 40_000:
                failed.append(AssertionError("a mixture"))

    with ThreadPoolExecutor(4) as pool:
        pool.submit(read)
        pool.submit(read)
        writers = [pool.submit(write, number) for number in (1, 2)]
        wait(writers)
        over.set()
    assert [writer.exception() for writer in writers] == [None, None]
    assert failed == []
    assert heads
    assert int(store.load("x")[0]) in (1, 2)


def test_signatures(azure_service: AzureService, make_store: MakeStore) -> None:
    storage = azure_service.storage
    make_store().save("x", 1)

    def signed(key: str = storage.key, container: str = CONTAINER, days: int = 1) -> str:
        now = datetime.now(timezone.utc) + timedelta(days=days - 1)
        return container_sas(storage.account, container, key, 60, now)

    good = make_store(signed())
    good.save("y", 2)
    assert good.load("y") == 2
    assert good.load("x") == 1
    # It can read and write, and nothing else.
    for action in (lambda: good.delete("x"), lambda: list(good.list()), good.check):
        with pytest.raises(StorageError):
            action()
    other_key = "A" * 84 + "AA=="
    for bad in (signed(days=-9), signed(other_key), signed(container="another")):
        store = make_store(bad)
        for action in (lambda s=store: s.load("x"), lambda s=store: s.save("x", 3)):
            with pytest.raises(StorageError, match=r"refused|not let|Permission") as caught:
                action()
            assert "sig" not in str(caught.value).replace("signature", "")
            assert bad not in repr(caught.value)
    assert make_store().load("x") == 1


def test_a_signature_lasts_to_midnight() -> None:
    key = "A" * 84 + "AA=="
    morning = datetime(2026, 1, 5, 1, tzinfo=timezone.utc)
    evening = datetime(2026, 1, 5, 23, 59, tzinfo=timezone.utc)
    sas = container_sas("account", "container", key, 7 * 86_400, morning)
    assert sas == container_sas("account", "container", key, 7 * 86_400, evening)
    assert "se=2026-01-13T00%3A00%3A00Z" in sas
    assert "sp=rcw" in sas
    assert "sr=c" in sas


def test_a_container_or_an_account_that_is_missing(make_store: MakeStore) -> None:
    nowhere = make_store(container="nowhere")
    for action in (
        lambda: nowhere.save("x", 1),
        lambda: nowhere.load("x"),
        lambda: list(nowhere.list()),
        nowhere.check,
        lambda: nowhere.delete("x"),
    ):
        with pytest.raises(StorageError, match=r"has no container 'nowhere'. Create it: az stor"):
            action()
    unknown = make_store(url="https://unknown.blob.core.example.test")
    with pytest.raises(StorageError, match="cannot be reached"):
        unknown.load("x")
    with pytest.raises(MissingError, match="clean"):
        make_store().load("x")


def test_a_login_that_is_refused(azure_service: AzureService, blobs: BlobStore) -> None:
    """What Azure answers to a key of another account; Azurite has another code for it."""
    answer = Response(403, b"", {"x-ms-error-code": "AuthenticationFailed"})
    azure_service.inject("forbidden", host=r".*\.blob\.", times=None, answer=answer)
    with pytest.raises(StorageError, match=r"login was refused.*AuthenticationFailed"):
        blobs.load("x")


def test_a_full_disk_on_load(
    blobs: BlobStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for number in range(5):
        (source / f"{number}.bin").write_bytes(os.urandom(400_000))
    blobs.save_folder("x", source)
    small = Path("/dev/full")
    if not small.exists():
        pytest.skip("this system has no /dev/full")
    real = Path.open

    def full(self: Path, *args: Any, **kwargs: Any) -> Any:
        # The third file ends on a device that is always full.
        return real(small if self.name == "2.bin" and "w" in str(args) else self, *args, **kwargs)

    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(StorageError, match=r"No space left on device. Free some space there"):
        blobs.load_folder("x", tmp_path / "target")
    assert not (tmp_path / "target").exists()
    assert [p.name for p in tmp_path.iterdir()] == ["source"]
    assert errno.ENOSPC


def test_no_signature_in_any_log(
    azure_service: AzureService, make_store: MakeStore, caplog: pytest.LogCaptureFixture
) -> None:
    storage = azure_service.storage
    caplog.set_level("DEBUG")
    store = make_store(container_sas(storage.account, CONTAINER, storage.key, 60))
    store.save("x", 1)
    azure_service.inject("drop", host=r".*\.blob\.", times=None)
    with pytest.raises(StorageError):
        store.load("x")
    assert "sig=" not in caplog.text
