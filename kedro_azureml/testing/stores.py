"""What every store must do."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path

from kedro_azureml.storage import Store
from kedro_azureml.storage.errors import BrokenError, MissingError

_LARGE = 20 << 20


class StoreContract(ABC):
    """Writes into a store and reads from it."""

    @abstractmethod
    def store(self, folder: Path) -> Store:
        """Return an empty store.

        Args:
            folder: An empty folder, for what the test needs.
        """

    def test_what_is_saved_is_loaded(self, tmp_path: Path) -> None:
        """Objects small and large, in one request and in many."""
        store = self.store(tmp_path)
        store.check()
        for data in (None, {"a": [1, 2.5, "x"]}, bytes(range(256)) * (_LARGE // 256)):
            store.save("run/table", data)
            assert store.load("run/table") == data

    def test_folders_are_kept_whole(self, tmp_path: Path) -> None:
        """Files with odd names, empty ones and large ones."""
        store = self.store(tmp_path / "store")
        source = tmp_path / "source"
        contents = {"a.csv": b"1,2\n", "b c/é.bin": b"", "b c/deep/large": b"x" * _LARGE}
        for name, data in contents.items():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes(data)
        store.save_folder("run/parts", source)
        store.load_folder("run/parts", tmp_path / "target")
        files = [path for path in (tmp_path / "target").rglob("*") if path.is_file()]
        names = {path.relative_to(tmp_path / "target").as_posix() for path in files}
        assert names == set(contents)
        assert all((tmp_path / "target" / name).read_bytes() == contents[name] for name in names)

    def test_a_second_writer_replaces_the_first(self, tmp_path: Path) -> None:
        """A large thing leaves nothing of itself in a small one, nor the other way round."""
        store = self.store(tmp_path)
        for data in (b"x" * _LARGE, "small", b"y" * _LARGE):
            store.save("run/table", data)
            assert store.load("run/table") == data

    def test_a_writer_that_fails_leaves_what_was_there(self, tmp_path: Path) -> None:
        """A reader sees the whole of what one writer wrote, or nothing."""
        store = self.store(tmp_path)
        for key, before in (("run/old", "old"), ("run/new", None)):
            if before is not None:
                store.save(key, before)
            _expect(Exception, lambda key=key: store.save(key, [b"x" * _LARGE, _Unpicklable()]))
            assert store.exists(key) == (before is not None)
            assert before is None or store.load(key) == before

    def test_keys_are_listed_and_deleted(self, tmp_path: Path) -> None:
        """`list`, `exists` and `delete` know the same keys."""
        store = self.store(tmp_path)
        for key in ("runs/1/a", "runs/1/b", "runs/10/a", "other"):
            store.save(key, key)
        entries = {entry.key: entry for entry in store.list("runs/1/")}
        assert set(entries) == {"runs/1/a", "runs/1/b"}
        assert all(entry.size > 0 and entry.modified.tzinfo for entry in entries.values())
        assert {entry.key for entry in store.list()} == {*entries, "runs/10/a", "other"}
        store.delete("runs/1/a")
        store.delete("runs/1/a")
        assert not store.exists("runs/1/a")
        assert [entry.key for entry in store.list("runs/1/")] == ["runs/1/b"]

    def test_what_is_not_there_and_what_is_no_object_are_errors(self, tmp_path: Path) -> None:
        """The errors have the classes that a step's messages are made of."""
        store = self.store(tmp_path / "store")
        _expect(MissingError, lambda: store.load("run/nothing"))
        _expect(MissingError, lambda: store.load_folder("run/nothing", tmp_path / "target"))
        store.save("run/object", 1)
        _expect(BrokenError, lambda: store.load_folder("run/object", tmp_path / "target"))
        assert not (tmp_path / "target").exists()

    def test_it_names_itself(self, tmp_path: Path) -> None:
        """Messages show the address."""
        assert self.store(tmp_path).url


class _Unpicklable:
    def __reduce__(self) -> str:
        raise TypeError("cannot be pickled")


def _expect(kind: type[Exception], action: object) -> None:
    assert callable(action)
    try:
        action()
    except kind:
        return
    raise AssertionError(f"There was no {kind.__name__}.")
