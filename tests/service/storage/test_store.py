"""What a store gives back is what it was given, whole, wherever it lies."""

from __future__ import annotations

import itertools
import os
import pickle
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kedro_azureml.storage import BlobStore, FolderStore, StorageError, Store
from kedro_azureml.storage.errors import BrokenError, MissingError, NotPicklableError
from kedro_azureml.storage.format.reader import read_header
from tests.kit.azureml.service import AzureService
from tests.service.storage.conftest import CONTAINER

pytest_plugins = ("tests.kit.azureml.fixtures",)


class Opaque:
    """Pickled by reference here, and by value when it is in __main__."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Opaque) and other.value == self.value

    __hash__ = None  # type: ignore[assignment]


OBJECTS: list[Any] = [
    None,
    0,
    "",
    b"",
    "é" * 200_000,
    b"x" * 300_000,
    bytearray(b"y" * 300_000),
    [1, [2, [3]], {"a": (1.5, None)}],
    list(range(50_000)),
    [b"z" * 200_000, "between", b"w" * 200_000],
    Opaque({"nested": Opaque(1)}),
]


def frame() -> pd.DataFrame:
    random = np.random.default_rng(1)
    return pd.DataFrame(
        {
            "number": random.standard_normal(40_000),
            "count": random.integers(0, 9, 40_000, dtype=np.int32),
            "text": [f"text {n % 97}" for n in range(40_000)],
            "kind": pd.Categorical.from_codes(random.integers(0, 3, 40_000), ["a", "b", "c"]),
            "odd": [Opaque(n) if n % 9 == 0 else None for n in range(40_000)],
        }
    )


def test_objects_come_back(store: Store, small_blocks: None) -> None:
    for number, obj in enumerate(OBJECTS):
        store.save(f"objects/{number}", obj)
    for number, obj in enumerate(OBJECTS):
        assert store.exists(f"objects/{number}")
        found = store.load(f"objects/{number}")
        assert type(found) is type(obj)
        assert found == obj


def test_tables_and_arrays_come_back(store: Store, small_blocks: None) -> None:
    table = frame()
    # Shared memory stays shared, and what was read can be changed.
    both = {"table": table, "empty": pd.DataFrame(), "no rows": table.iloc[:0], "again": table}
    store.save("tables", both)
    found = store.load("tables")
    for name, expected in both.items():
        pd.testing.assert_frame_equal(found[name], expected)
    assert found["again"] is found["table"]
    found["table"].loc[0, "number"] = 3.0
    arrays = [np.arange(100_000)[::2], np.asfortranarray(np.ones((300, 200))), np.zeros(0)]
    frozen = np.arange(50_000)
    frozen.flags.writeable = False
    store.save("arrays", [*arrays, frozen])
    *rest, last = store.load("arrays")
    assert all(np.array_equal(a, b) for a, b in zip(arrays, rest, strict=True))
    assert all(a.flags.writeable for a in rest)
    assert not last.flags.writeable


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.recursive(
        st.none() | st.binary(max_size=70_000) | st.text(max_size=50) | st.integers(),
        lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=5), inner),
        max_leaves=20,
    )
)
def test_whatever_pickle_takes_comes_back(tmp_path: Path, small_blocks: None, obj: Any) -> None:
    store = FolderStore(tmp_path / "any")
    store.save("a/b", [obj, np.frombuffer(b"1234" * 20_000, dtype="u1"), obj])
    first, _, last = store.load("a/b")
    assert first == obj == last


def test_lambdas_and_classes_of_main(tmp_path: Path) -> None:
    """What a step's own process defined is known nowhere else, so it travels by value."""
    import subprocess

    make = """
class Mine:
    def __init__(self, n): self.n = n
    def doubled(self): return 2 * self.n

from pathlib import Path
import sys
from kedro_azureml.storage import FolderStore
factor = 3
FolderStore(Path(sys.argv[1])).save("x", [lambda n: n * factor, Mine(4)])
"""
    subprocess.run([sys.executable, "-c", make, str(tmp_path)], check=True)
    function, mine = FolderStore(tmp_path).load("x")
    assert function(5) == 15
    assert mine.doubled() == 8


@pytest.mark.parametrize(
    "obj",
    [threading.Lock(), (n for n in range(3)), {"deep": [Path(os.devnull).open("rb")]}],  # noqa: SIM115
)
def test_what_cannot_be_pickled_leaves_nothing(store: Store, obj: Any) -> None:
    store.save("kept", "before")
    with pytest.raises(NotPicklableError, match="pickle"):
        store.save("kept", [np.zeros(500_000), obj])
    assert store.load("kept") == "before"
    with pytest.raises(NotPicklableError):
        store.save("new", obj)
    assert not store.exists("new")
    assert [entry.key for entry in store.list()] == ["kept"]


def test_folders_come_back(store: Store, tmp_path: Path, small_blocks: None) -> None:
    source = tmp_path / "source"
    files = {
        "data/a.csv": b"id\n1\n",
        "data/empty": b"",
        "data/é `x` $'y'.bin": os.urandom(180_000),
        ".hidden": b"h",
        **{f"data/parts/{n:04}.json": b"{}" for n in range(300)},
    }
    for name, content in files.items():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes(content)
    store.save_folder("run/table", source)
    target = tmp_path / "deep" / "target"
    store.load_folder("run/table", target)
    found = {
        p.relative_to(target).as_posix(): p.read_bytes() for p in target.rglob("*") if p.is_file()
    }
    assert found == files
    # An empty folder in its place is no obstacle; one with files in it is, and stays as it is.
    (tmp_path / "empty").mkdir()
    store.load_folder("run/table", tmp_path / "empty")
    with pytest.raises(StorageError, match="cannot be written"):
        store.load_folder("run/table", tmp_path / "empty")
    assert sorted(p.name for p in tmp_path.iterdir() if p.name.startswith(".")) == []


def test_ten_thousand_files_take_few_requests(
    blobs: BlobStore, azure_service: AzureService, tmp_path: Path
) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for number in range(10_000):
        (source / f"{number}.txt").write_bytes(b"%d" % number)
    azure_service.gateway.seen.clear()
    blobs.save_folder("many", source)
    blobs.load_folder("many", tmp_path / "target")
    assert len(azure_service.requests) <= 4
    assert sum(1 for _ in (tmp_path / "target").iterdir()) == 10_000
    assert (tmp_path / "target" / "9999.txt").read_bytes() == b"9999"


def test_small_things_take_one_request_each(blobs: BlobStore, azure_service: AzureService) -> None:
    azure_service.gateway.seen.clear()
    blobs.save("small", {"a": 1})
    blobs.load("small")
    assert [s.method for s in azure_service.requests] == ["PUT", "GET"]


def test_large_things_take_few_requests(blobs: BlobStore, azure_service: AzureService) -> None:
    """What compresses well shares a request, however many blocks it has; noise fills several."""
    azure_service.gateway.seen.clear()
    blobs.save("large", [np.arange(8_000_000), np.zeros(4_000_000), "between", np.ones(3_000_000)])
    found = blobs.load("large")
    assert [s.method for s in azure_service.requests] == ["PUT", "GET"]
    assert found[0][-1] == 7_999_999
    assert found[3].sum() == 3_000_000
    azure_service.gateway.seen.clear()
    noise = np.random.default_rng(0).integers(0, 2**63, 4_000_000)
    blobs.save("noise", noise)
    assert np.array_equal(blobs.load("noise"), noise)
    # 32 MB: four parts, the header, the list of all; the header, and four parts again.
    assert [s.method for s in azure_service.requests] == ["PUT"] * 6 + ["GET"] * 5


def test_only_what_is_kept_whole_is_put_together(store: Store, small_blocks: None) -> None:
    """A long text or a column of moments is copied by pickle: block by block, not all of it twice.

    And no block ends within a number, however many there are.
    """
    for obj, together in ((b"x" * 300_001, False), (np.arange(40_001), True)):
        store.save("x", obj)
        header = read_header(store.source("x"))
        assert any(block.continues for block in header.blocks) is together
        inner = [b for b, after in itertools.pairwise(header.blocks) if after.continues]
        assert all(block.size % 8 == 0 for block in inner)
        assert store.load("x") == obj if isinstance(obj, bytes) else all(store.load("x") == obj)


def test_list_delete_and_what_is_missing(store: Store) -> None:
    for key in ("a/1", "a/2", "b/1"):
        store.save(key, key)
    assert [e.key for e in store.list("a/")] == ["a/1", "a/2"]
    assert all(e.size > 40 and e.modified.tzinfo is not None for e in store.list())
    store.delete("a/1")
    store.delete("a/1")
    assert not store.exists("a/1")
    assert [e.key for e in store.list()] == ["a/2", "b/1"]
    with pytest.raises(MissingError, match="a/1"):
        store.load("a/1")
    with pytest.raises(BrokenError, match="is an object, not a folder"):
        store.load_folder("a/2", Path("never"))


@pytest.mark.parametrize("key", ["", "a//b", "/a", "a/", "../a", "a/./b", "a\nb"])
def test_keys_that_would_lead_elsewhere(tmp_path: Path, key: str) -> None:
    with pytest.raises(ValueError, match="cannot be a key"):
        FolderStore(tmp_path).save(key, 1)


def stored_bytes(store: Store, key: str) -> bytes:
    if isinstance(store, FolderStore):
        return (store.root / key).read_bytes()
    data: bytes = store._client.download_blob(key).readall()  # type: ignore[attr-defined]
    return data


def write_bytes(store: Store, key: str, data: bytes) -> None:
    if isinstance(store, FolderStore):
        (store.root / key).write_bytes(data)
    else:
        store._client.upload_blob(key, data, overwrite=True)  # type: ignore[attr-defined]


def test_truncated_damaged_and_foreign(store: Store, small_blocks: None) -> None:
    """Never a part, or something else, read as the whole."""
    store.save("x", np.random.default_rng(0).integers(0, 99, 60_000))
    store.save("other", np.random.default_rng(1).integers(0, 99, 60_000))
    whole, other = stored_bytes(store, "x"), stored_bytes(store, "other")
    assert len(whole) > 50_000

    def broken(data: bytes, why: str) -> None:
        write_bytes(store, "x", data)
        with pytest.raises(BrokenError, match=why):
            store.load("x")

    broken(b"", "empty")
    broken(whole[:4], "not written by|not whole")
    broken(whole[:20], "not whole")
    broken(whole[:60], "not whole")
    broken(whole[:-1], "not whole")
    broken(whole + b"x", "not whole")
    broken(b"id,name\n1,a\n" * 50, "not written by kedro-azureml")
    broken(pickle.dumps([1]), "not written by kedro-azureml")
    broken(whole[:12] + b"\x09" + whole[13:], "checksum of its header")
    broken(whole[:8] + b"\x03\x00" + whole[10:], "has format 3")
    for place in (45, len(whole) - 20_000, len(whole) - 3):
        flipped = bytes([whole[place] ^ 1])
        broken(whole[:place] + flipped + whole[place + 1 :], "damaged")
    # The blocks of another writer under this header.
    if len(other) == len(whole):
        broken(whole[: -len(whole) // 2] + other[-len(whole) // 2 :], "damaged")
    write_bytes(store, "x", whole)
    assert store.load("x").sum() > 0


def test_no_secret_in_any_repr(azure_service: AzureService, blobs: BlobStore) -> None:
    key = azure_service.storage.key
    string = f"AccountName=kedrotests;AccountKey={key};EndpointSuffix=core.windows.net"
    other = BlobStore.from_connection_string(string, CONTAINER)
    assert blobs.url == other.url == f"https://kedrotests.blob.core.windows.net/{CONTAINER}"
    assert key not in repr(blobs) + str(blobs.__dict__) + repr(other)


def test_connection_strings() -> None:
    local = BlobStore.from_connection_string("UseDevelopmentStorage=true", "abc")
    assert local.url == "http://127.0.0.1:10000/devstoreaccount1/abc"
    assert local.account == "devstoreaccount1"
    elsewhere = "UseDevelopmentStorage=true;DevelopmentStorageProxyUri=http://azurite"
    assert "http://azurite:10000/" in BlobStore.from_connection_string(elsewhere, "abc").url
    signed = "BlobEndpoint=https://a.blob.core.windows.net;SharedAccessSignature=sv=1&sig=abc"
    assert "sig" not in BlobStore.from_connection_string(signed, "abc").url
    for bad in ("", "nonsense", "AccountKey=abc", "AccountKey=abc;BlobEndpoint=https://x"):
        with pytest.raises(ValueError, match="connection string"):
            BlobStore.from_connection_string(bad, "abc")


def test_a_link_to_nothing_in_a_folder_is_left_out(tmp_path: Path) -> None:
    folder, back = tmp_path / "a", tmp_path / "b"
    folder.mkdir()
    (folder / "x").write_text("1")
    (folder / "latest").symlink_to("gone")
    store = FolderStore(tmp_path / "store")
    store.save_folder("key", folder)
    store.load_folder("key", back)
    assert [path.name for path in back.iterdir()] == ["x"]
