"""Objects as a stream: pickle protocol 5, by cloudpickle, with large buffers out of band.

The stream is a row of segments, each with a tag and a length: a piece of the pickle, or a buffer.
A buffer (an array, a column) follows the piece that refers to it, is never copied on its way out,
and is read into the memory that the object will keep.
"""

from __future__ import annotations

import pickle
import struct
from collections import deque
from collections.abc import Iterator
from typing import Any, Protocol

from kedro_azureml.storage.errors import BrokenError, NotPicklableError, StorageError
from kedro_azureml.storage.format.pickler import PROTOCOL, Pickler

_SEGMENT = struct.Struct("<cQ")
_PICKLE, _BUFFER = b"P", b"B"
_LONGEST_REASON = 300


class _Writer(Protocol):
    def write(self, data: bytes | bytearray | memoryview, *, together: bool = False) -> None: ...


class _Reader(Protocol):
    def read(self, size: int) -> bytes: ...

    def readinto(self, target: bytearray | memoryview) -> int: ...

    def take(self, size: int) -> bytearray | memoryview: ...


def dump(data: Any, writer: _Writer) -> None:
    """Write an object.

    Raises:
        NotPicklableError: It cannot be pickled; whatever was written must be thrown away.
    """
    sink = _Sink(writer)
    try:
        Pickler(sink, protocol=PROTOCOL, buffer_callback=sink.add).dump(data)
    except StorageError:
        raise
    except Exception as error:
        reason = " ".join(str(error).split())[:_LONGEST_REASON] or type(error).__name__
        raise NotPicklableError(reason) from error


class _Sink:
    """The file that the pickler writes to."""

    def __init__(self, writer: _Writer) -> None:
        self._writer = writer
        self._buffers: list[pickle.PickleBuffer] = []

    def add(self, buffer: pickle.PickleBuffer) -> bool:
        """Take a buffer out of band; True leaves it in the pickle."""
        try:
            buffer.raw()
        except BufferError:
            # Not contiguous: pickle makes a copy.
            return True
        self._buffers.append(buffer)
        return False

    def write(self, data: Any) -> int:
        view = memoryview(data)
        self._segment(_PICKLE, view)
        for buffer in self._buffers:
            self._segment(_BUFFER, buffer.raw())
        self._buffers.clear()
        return view.nbytes

    def _segment(self, tag: bytes, view: memoryview) -> None:
        self._writer.write(_SEGMENT.pack(tag, view.nbytes))
        self._writer.write(view, together=tag == _BUFFER)


def load(reader: _Reader, size: int, name: str) -> Any:
    """Read an object.

    Args:
        reader: The stream, from its beginning.
        size: Bytes that the stream has.
        name: What to call it in messages.

    Raises:
        BrokenError: The stream is damaged.
        Exception: Whatever the object's own classes raise when it is built again.
    """
    stream = _Stream(reader, size, name)
    return pickle.Unpickler(stream, buffers=stream.buffers()).load()  # noqa: S301


class _Stream:
    """The file that the unpickler reads, without the buffers in between."""

    def __init__(self, reader: _Reader, size: int, name: str) -> None:
        self._reader = reader
        self._size = size
        self._name = name
        self._left = 0
        self._ahead = b""
        self._buffers: deque[bytearray | memoryview] = deque()

    def read(self, size: int = -1) -> bytes:
        target = bytearray(size)
        self.readinto(target)
        return bytes(target)

    def readinto(self, target: Any) -> int:
        view = memoryview(target).cast("B")
        filled = 0
        while filled < len(view):
            rest = view[filled:]
            if self._ahead:
                count = min(len(rest), len(self._ahead))
                rest[:count] = self._ahead[:count]
                self._ahead = self._ahead[count:]
            else:
                if not self._left:
                    self._next_segment()
                    continue
                count = self._reader.readinto(rest[: self._left])
                self._left -= count
            filled += count
        return filled

    def readline(self) -> bytes:
        line = bytearray()
        while not line.endswith(b"\n"):
            line += self.read(1)
        return bytes(line)

    def buffers(self) -> Iterator[bytearray | memoryview]:
        while True:
            while not self._buffers:
                if self._left:
                    # Never more than what the pickler wrote at once before the buffer.
                    self._ahead += self._reader.read(self._left)
                    self._left = 0
                self._next_segment()
            yield self._buffers.popleft()

    def _next_segment(self) -> None:
        tag, size = _SEGMENT.unpack(self._reader.read(_SEGMENT.size))
        if tag not in (_PICKLE, _BUFFER) or size > self._size:
            raise BrokenError(f"'{self._name}' is damaged: it is not the stream of an object.")
        if tag == _PICKLE:
            self._left = size
            return
        self._buffers.append(self._reader.take(size))
