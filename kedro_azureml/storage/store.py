"""A store of objects and folders under keys: what is the same wherever they lie."""

from __future__ import annotations

import errno
import shutil
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from kedro_azureml.storage.errors import BrokenError, ChangedError, StorageError
from kedro_azureml.storage.format import archive, pickling
from kedro_azureml.storage.format.blocks import Header, Kind
from kedro_azureml.storage.format.reader import BlockReader, Source, read_header
from kedro_azureml.storage.format.writer import BlockWriter, Upload

# How often a thing is read or written anew when another writer replaced it meanwhile.
_ATTEMPTS = 5
_A: dict[Kind, str] = {"object": "an object", "folder": "a folder"}
_T = TypeVar("_T")


@dataclass(frozen=True)
class Entry:
    """One stored thing.

    Attributes:
        key: Its key.
        size: Its bytes as stored.
        modified: When it was written.
    """

    key: str
    size: int
    modified: datetime


class Store(ABC):
    """Objects and folders under keys.

    A key is a path of non-empty parts, such as ``kedro-azureml-temp/my-run/table``. A reader sees
    the whole of what one writer wrote, or nothing.
    """

    def save(self, key: str, obj: Any) -> None:
        """Store an object, in place of whatever has that key.

        Raises:
            NotPicklableError: It cannot be pickled; the message says why.
            StorageError: It cannot be stored.
        """
        self._writing(key, "object", lambda writer: pickling.dump(obj, writer))

    def load(self, key: str) -> Any:
        """Read an object.

        Raises:
            MissingError: There is none.
            BrokenError: It is not whole, or not of this format.
            StorageError: It cannot be read.
        """

        def read(reader: BlockReader, header: Header) -> Any:
            return pickling.load(reader, header.size, key)

        return self._reading(key, "object", read)

    def save_folder(self, key: str, path: Path) -> None:
        """Store all files of a folder as one, in place of whatever has that key.

        Raises:
            StorageError: A file cannot be read, or the folder cannot be stored.
        """
        if not path.is_dir():
            raise StorageError(f"{path} is not a folder.")
        self._writing(key, "folder", lambda writer: archive.pack(path, writer))

    def load_folder(self, key: str, path: Path) -> None:
        """Write the files of a stored folder to a new folder, all or none of them.

        Raises:
            MissingError: There is none.
            BrokenError: It is not whole, or not of this format.
            StorageError: It cannot be read, or the files cannot be written.
        """

        def read(reader: BlockReader, header: Header) -> None:
            path.parent.mkdir(parents=True, exist_ok=True)
            partial = Path(tempfile.mkdtemp(prefix=f".{path.name[:100]}.", dir=path.parent))
            try:
                archive.unpack(reader, partial, key)
                partial.chmod(0o755)
                if path.is_dir():
                    path.rmdir()  # only an empty one can be replaced
                partial.rename(path)
            except BaseException:
                shutil.rmtree(partial, ignore_errors=True)
                raise

        try:
            self._reading(key, "folder", read)
        except OSError as error:
            reason = error.strerror or str(error)
            remedy = "Free some space there" if error.errno == errno.ENOSPC else "Make it writable"
            raise StorageError(
                f"The files of '{key}' cannot be written to {path.parent}: {reason}. {remedy}, or "
                "set TMPDIR to another disk."
            ) from error

    @property
    @abstractmethod
    def url(self) -> str:
        """Its address, for people."""

    @abstractmethod
    def exists(self, key: str) -> bool:
        """Tell whether something is stored under a key."""

    @abstractmethod
    def delete(self, key: str) -> None:
        """Remove what is stored under a key, if anything."""

    @abstractmethod
    def list(self, prefix: str = "") -> Iterable[Entry]:
        """List what is stored under keys that begin with a text."""

    @abstractmethod
    def check(self) -> None:
        """Make sure that the store exists and can be used.

        Raises:
            StorageError: It is not, or does not.
        """

    @abstractmethod
    def upload(self, key: str) -> Upload:
        """Begin to write what is to be stored under a key.

        Raises:
            StorageError: It cannot be written.
        """

    @abstractmethod
    def source(self, key: str) -> Source:
        """Open what is stored under a key.

        Raises:
            MissingError: Nothing is.
            StorageError: It cannot be read.
        """

    def _writing(self, key: str, kind: Kind, write: Callable[[BlockWriter], None]) -> None:
        _check_key(key)
        for attempt in range(1, _ATTEMPTS + 1):
            writer = BlockWriter(self.upload(key))
            try:
                write(writer)
                writer.close(kind)
            except BaseException as error:
                writer.abandon()
                # The service drops one writer's blocks when another one commits.
                if attempt == _ATTEMPTS or not isinstance(error, ChangedError):
                    raise
            else:
                return

    def _reading(self, key: str, kind: Kind, read: Callable[[BlockReader, Header], _T]) -> _T:
        _check_key(key)
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                source = self.source(key)
                header = read_header(source)
                if header.kind != kind:
                    raise BrokenError(f"'{key}' is {_A[header.kind]}, not {_A[kind]}.")
                reader = BlockReader(source, header)
                try:
                    return read(reader, header)
                finally:
                    reader.close()
            except ChangedError:
                if attempt == _ATTEMPTS:
                    raise
        raise AssertionError("unreachable")


def _check_key(key: str) -> None:
    parts = key.split("/")
    if not all(parts) or {".", ".."} & set(parts) or not key.isprintable() or len(key) > 1024:
        raise ValueError(f"{key!r} cannot be a key")
