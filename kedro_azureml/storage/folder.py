"""The store in a folder of this machine, for rehearsals without a storage account."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timezone
from pathlib import Path

from kedro_azureml.storage.errors import MissingError, StorageError
from kedro_azureml.storage.format.blocks import PREFIX_SIZE, Block, Kind, encode
from kedro_azureml.storage.format.reader import Source
from kedro_azureml.storage.format.writer import Upload
from kedro_azureml.storage.store import Entry, Store

_FIRST = 64 << 10
# Room for the header, which is known last: a hole in the file, which takes no space on the disk.
_RESERVED = 4 << 20
_PARTIAL = ".part"


class FolderStore(Store):
    """Objects and folders as files below a folder.

    Args:
        root: The folder; it is made when something is stored.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def __repr__(self) -> str:
        return f"FolderStore({str(self.root)!r})"

    @property
    def url(self) -> str:
        """Its address, for people."""
        return self.root.absolute().as_uri()

    def exists(self, key: str) -> bool:
        """Tell whether something is stored under a key."""
        return (self.root / key).is_file()

    def delete(self, key: str) -> None:
        """Remove what is stored under a key, if anything."""
        (self.root / key).unlink(missing_ok=True)
        for folder in (self.root / key).parents:
            if folder == self.root:
                break
            with suppress(OSError):
                folder.rmdir()

    def list(self, prefix: str = "") -> Iterator[Entry]:
        """List what is stored under keys that begin with a text."""
        for path in sorted(self.root.rglob("*")):
            key = path.relative_to(self.root).as_posix()
            if path.is_file() and key.startswith(prefix) and path.suffix != _PARTIAL:
                status = path.stat()
                modified = datetime.fromtimestamp(status.st_mtime, timezone.utc)
                yield Entry(key, status.st_size, modified)

    def check(self) -> None:
        """Do nothing: a folder is made when something is stored."""

    def upload(self, key: str) -> Upload:
        """Begin to write what is to be stored under a key."""
        return _FileUpload(self.root / key)

    def source(self, key: str) -> Source:
        """Open what is stored under a key."""
        try:
            return _FileSource(self.root / key, key)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            raise MissingError(f"There is no '{key}' in {self.root}.") from None
        except OSError as error:
            raise _failure(self.root / key, error) from error


class _FileUpload:
    in_order = True

    def __init__(self, path: Path) -> None:
        self._path = path
        self._partial = path.with_name(f"{uuid.uuid4().hex}{_PARTIAL}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._partial.open("wb")
            self._file.seek(_RESERVED)
        except OSError as error:
            raise _failure(path, error) from error

    def put(self, kind: Kind, blocks: list[Block], data: bytes) -> None:
        self._write(0, encode(kind, blocks) + data)
        self.commit(0)

    def stage(self, number: int, data: bytes) -> None:
        self._write(None, data)

    def stage_header(self, kind: Kind, blocks: list[Block]) -> None:
        header = encode(kind, blocks, _RESERVED)
        if len(header) > _RESERVED:
            raise StorageError(f"{self._path} would have too many parts: {len(blocks)}.")
        self._write(0, header)

    def commit(self, parts: int) -> None:
        try:
            self._file.close()
            self._partial.replace(self._path)
        except OSError as error:
            raise _failure(self._path, error) from error

    def _write(self, at: int | None, data: bytes) -> None:
        try:
            if at is not None:
                self._file.seek(at)
            self._file.write(data)
        except OSError as error:
            raise _failure(self._path, error) from error

    def abandon(self) -> None:
        with suppress(OSError):
            self._file.close()
        self._partial.unlink(missing_ok=True)


class _FileSource:
    def __init__(self, path: Path, name: str) -> None:
        self.name = name
        # Whoever replaces the file leaves this one as it is until it is closed.
        self._descriptor = os.open(path, os.O_RDONLY)
        self.size = os.fstat(self._descriptor).st_size
        self.first = os.pread(self._descriptor, max(_FIRST, PREFIX_SIZE), 0)

    def __del__(self) -> None:
        if hasattr(self, "_descriptor"):
            os.close(self._descriptor)

    def read(self, offset: int, length: int) -> bytes:
        try:
            return os.pread(self._descriptor, length, offset)
        except OSError as error:
            raise _failure(Path(self.name), error) from error


def _failure(path: Path, error: OSError) -> StorageError:
    return StorageError(f"{path} cannot be used: {error.strerror or error}.")
