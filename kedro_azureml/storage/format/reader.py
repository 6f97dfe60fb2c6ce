"""Turns compressed blocks back into a stream, fetching several at a time."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Lock
from typing import NamedTuple, Protocol

from kedro_azureml.storage.errors import BrokenError
from kedro_azureml.storage.format.arrays import room
from kedro_azureml.storage.format.blocks import PREFIX_SIZE, Block, Header, decode, index_size
from kedro_azureml.storage.format.compression import decompress
from kedro_azureml.storage.format.writer import THREADS

# A part is what one request fetches: blocks until they have so many bytes, compressed or not. The
# service can be slow with ranges of less than 4 MiB, for which it may compute another checksum.
_PART, _UNPACKED_PART = 6 << 20, 32 << 20


class Source(Protocol):
    """A stored thing's bytes, the same ones for as long as it is open.

    Attributes:
        name: What to call it in messages.
        size: All its bytes.
        first: As many of its first bytes as came for free.
    """

    name: str
    size: int
    first: bytes

    def read(self, offset: int, length: int) -> bytes:
        """Return some of its bytes; several threads call this."""


def read_header(source: Source) -> Header:
    """Read the header and check the size of the whole against it.

    Raises:
        BrokenError: It is not whole or not of this format.
    """
    data = source.first
    length = PREFIX_SIZE + index_size(data[:PREFIX_SIZE], source.name)
    if len(data) < length <= source.size:
        data += source.read(len(data), length - len(data))
    header = decode(data[:length], source.name)
    if header.end != source.size:
        raise BrokenError(
            f"'{source.name}' is not whole: it has {source.size} bytes, {header.end} were written."
        )
    return header


class BlockReader:
    """Reads a stored thing from front to back."""

    def __init__(self, source: Source, header: Header) -> None:
        self._source = source
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="storage")
        self._parts = deque(_parts(header, len(source.first)))
        self._pieces = deque(dict.fromkeys(job.piece for part in self._parts for job in part.jobs))
        self._fetching: deque[Future[None]] = deque()
        self._fetched = 0
        self._current = memoryview(b"")
        self._left = header.size

    def close(self) -> None:
        """Fetch no more."""
        self._pool.shutdown(cancel_futures=True)

    def read(self, size: int) -> bytes:
        """Return the next bytes.

        Raises:
            BrokenError: There are not so many.
        """
        if size <= len(self._current):
            data = bytes(self._current[:size])
            self._current = self._current[size:]
            return data
        return bytes(self.take(size))

    def take(self, size: int) -> bytearray | memoryview:
        """Return the next bytes to keep and change, without a copy where they lie in one piece.

        Raises:
            BrokenError: There are not so many.
        """
        # A damaged size must not make this allocate what was never written.
        if size > self._left + len(self._current):
            raise self._ended()
        if not self._current and self._pieces and self._pieces[0].size == size:
            return self._next()
        data = room(size)
        self.readinto(data)
        return data

    def readinto(self, target: bytearray | memoryview) -> int:
        """Fill a buffer with the next bytes.

        Raises:
            BrokenError: There are not so many.
        """
        view = memoryview(target).cast("B")
        filled = 0
        while filled < len(view):
            if not self._current:
                self._current = memoryview(self._next())
            count = min(len(view) - filled, len(self._current))
            view[filled : filled + count] = self._current[:count]
            self._current = self._current[count:]
            filled += count
        return filled

    def _next(self) -> bytearray | memoryview:
        """Return the next piece, whole."""
        if not self._pieces:
            raise self._ended()
        piece = self._pieces.popleft()
        self._fetch_ahead()
        while self._fetched <= piece.last:
            self._fetching.popleft().result()
            self._fetched += 1
            self._fetch_ahead()
        self._left -= piece.size
        return piece.content()

    def _fetch_ahead(self) -> None:
        while self._parts and len(self._fetching) < THREADS:
            self._fetching.append(self._pool.submit(self._fetch, self._parts.popleft()))

    def _fetch(self, part: _Part) -> None:
        source, end = self._source, part.offset + part.length
        if end <= len(source.first):
            data = source.first[part.offset : end]
        else:
            data = source.read(part.offset, part.length)
        if len(data) != part.length:
            raise BrokenError(f"'{source.name}' is damaged: a block is not the one written.")
        view = memoryview(data)
        for job in part.jobs:
            frame, view = view[: job.block.compressed], view[job.block.compressed :]
            target = memoryview(job.piece.content())[job.start : job.start + job.block.size]
            decompress(frame, job.block, source.name, target)

    def _ended(self) -> BrokenError:
        return BrokenError(f"'{self._source.name}' is damaged: it ends too early.")


@dataclass(eq=False)
class _Piece:
    """What lies in one piece of memory.

    Attributes:
        size: Its bytes.
        last: The number of the part that completes it.
    """

    size: int = 0
    last: int = 0
    _content: bytearray | memoryview | None = None
    _lock: Lock = field(default_factory=Lock)

    def content(self) -> bytearray | memoryview:
        """Its bytes, as far as they are there."""
        with self._lock:
            if self._content is None:
                self._content = room(self.size)
            return self._content


class _Job(NamedTuple):
    """A block to unpack, and where to."""

    block: Block
    piece: _Piece
    start: int


@dataclass
class _Part:
    """Blocks that are fetched at once: what lies next to each other."""

    offset: int
    length: int = 0
    unpacked: int = 0
    jobs: list[_Job] = field(default_factory=list)


def _parts(header: Header, known: int) -> list[_Part]:
    """Return the groups of blocks to fetch at once.

    Args:
        header: What there is.
        known: So many of its first bytes need not be fetched.
    """
    parts: list[_Part] = []
    piece = _Piece()
    start = header.offset
    for block in header.blocks:
        end = start + block.compressed
        if (
            not parts
            or parts[-1].length >= _PART
            or parts[-1].unpacked >= _UNPACKED_PART
            or start <= known < end
        ):
            parts.append(_Part(start))
        if not block.continues:
            piece = _Piece()
        part = parts[-1]
        part.jobs.append(_Job(block, piece, piece.size))
        part.length += block.compressed
        part.unpacked += block.size
        piece.size += block.size
        piece.last = len(parts) - 1
        start = end
    return parts
