"""A folder of files as one stream, so that thousands of files take few requests.

For each file: u32 length of its path, the path (UTF-8, POSIX, relative), u64 size, the content. The
length 0xFFFFFFFF ends the stream.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Protocol

from kedro_azureml.storage.errors import BrokenError, StorageError

_LENGTH = struct.Struct("<I")
_SIZE = struct.Struct("<Q")
_END = 0xFFFFFFFF
_LONGEST_PATH = 1 << 16
_PIECE = 4 << 20


class _Writer(Protocol):
    def write(self, data: bytes | bytearray | memoryview) -> None: ...


class _Reader(Protocol):
    def read(self, size: int) -> bytes: ...

    def readinto(self, target: bytearray | memoryview) -> int: ...


def pack(folder: Path, writer: _Writer) -> None:
    """Write every file below a folder; links are followed, empty folders are left out.

    Raises:
        StorageError: A file cannot be read, or changes meanwhile.
    """
    try:
        for path in _files(folder):
            _pack_file(path, path.relative_to(folder).as_posix(), writer)
    except OSError as error:
        raise StorageError(
            f"{error.filename or folder} cannot be read: {error.strerror or error}."
        ) from error
    writer.write(_LENGTH.pack(_END))


def unpack(reader: _Reader, folder: Path, name: str) -> None:
    """Write the files of a stream below a folder.

    Raises:
        BrokenError: The stream is damaged.
        OSError: A file cannot be written.
    """
    piece = memoryview(bytearray(_PIECE))
    made: set[Path] = set()
    while (length := _LENGTH.unpack(reader.read(_LENGTH.size))[0]) != _END:
        if length > _LONGEST_PATH:
            raise BrokenError(f"'{name}' is damaged: it is not the stream of a folder.")
        relative = os.fsdecode(reader.read(length))
        parts = PurePosixPath(relative).parts
        if not parts or relative.startswith("/") or ".." in parts:
            raise BrokenError(f"'{name}' is damaged: it names the file '{relative}'.")
        (size,) = _SIZE.unpack(reader.read(_SIZE.size))
        target = folder / relative
        if target.parent not in made:
            target.parent.mkdir(parents=True, exist_ok=True)
            made.add(target.parent)
        with target.open("wb", buffering=0) as file:
            while size:
                part = piece[: min(size, _PIECE)]
                size -= reader.readinto(part)
                while part:
                    part = part[file.write(part) :]


def _files(folder: Path) -> Iterator[Path]:
    for root, folders, names in os.walk(folder, followlinks=True):
        folders.sort()
        for name in sorted(names):
            path = Path(root, name)
            # A link to nothing holds no data.
            if path.exists():
                yield path


def _pack_file(path: Path, relative: str, writer: _Writer) -> None:
    encoded = os.fsencode(relative)
    with path.open("rb", buffering=0) as file:
        size = os.fstat(file.fileno()).st_size
        writer.write(_LENGTH.pack(len(encoded)) + encoded + _SIZE.pack(size))
        left = size
        while left:
            # A fresh piece each time: the writer keeps it until it is stored.
            piece = file.read(min(left, _PIECE))
            if not piece:
                break
            writer.write(piece)
            left -= len(piece)
        if left or file.read(1):
            raise StorageError(f"{path} changed while it was stored.")
