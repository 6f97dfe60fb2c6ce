"""Turns compressed blocks back into a stream, fetching several at a time."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from threading import local
from typing import Protocol

import zstandard

from kedro_azureml.storage.blocks import (
    PREFIX_SIZE,
    Block,
    Header,
    checksum_of,
    decode,
    index_size,
)
from kedro_azureml.storage.errors import BrokenError
from kedro_azureml.storage.writer import THREADS


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
        """Some of its bytes; called from several threads."""


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

    def __init__(self, source: Source, header: Header, threads: int = THREADS) -> None:
        self._source = source
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="storage")
        self._waiting = deque(zip(_offsets(header), header.blocks, strict=True))
        self._pending: deque[Future[bytes]] = deque()
        self._most = threads
        self._current = memoryview(b"")
        self._left = header.size
        self._local = local()
        self._fetch_ahead()

    def close(self) -> None:
        """Fetch no more."""
        self._pool.shutdown(cancel_futures=True)

    def read(self, size: int) -> bytes:
        """The next bytes.

        Raises:
            BrokenError: There are not so many.
        """
        if size <= len(self._current):
            found = bytes(self._current[:size])
            self._current = self._current[size:]
            return found
        # A damaged size must not make this allocate what was never written.
        if size > self._left + len(self._current):
            raise self._ended()
        data = bytearray(size)
        self.readinto(data)
        return bytes(data)

    def readinto(self, target: bytearray | memoryview) -> int:
        """Fill a buffer with the next bytes.

        Raises:
            BrokenError: There are not so many.
        """
        view = memoryview(target).cast("B")
        filled = 0
        while filled < len(view):
            if not self._current:
                self._advance()
            count = min(len(view) - filled, len(self._current))
            view[filled : filled + count] = self._current[:count]
            self._current = self._current[count:]
            filled += count
        return filled

    def _advance(self) -> None:
        if not self._pending:
            raise self._ended()
        data = self._pending.popleft().result()
        self._left -= len(data)
        self._fetch_ahead()
        self._current = memoryview(data)

    def _fetch_ahead(self) -> None:
        while self._waiting and len(self._pending) < self._most:
            self._pending.append(self._pool.submit(self._fetch, *self._waiting.popleft()))

    def _fetch(self, offset: int, block: Block) -> bytes:
        source = self._source
        end = offset + block.compressed
        if end <= len(source.first):
            frame = source.first[offset:end]
        else:
            frame = source.read(offset, block.compressed)
        if len(frame) != block.compressed or checksum_of(frame) != block.checksum:
            raise BrokenError(f"'{source.name}' is damaged: a block is not the one written.")
        decompressor = getattr(self._local, "decompressor", None)
        if decompressor is None:
            decompressor = self._local.decompressor = zstandard.ZstdDecompressor()
        try:
            data: bytes = decompressor.decompress(frame, max_output_size=block.size)
        except zstandard.ZstdError:
            raise BrokenError(
                f"'{source.name}' is damaged: the checksum of a block does not match."
            ) from None
        if len(data) != block.size:
            raise BrokenError(f"'{source.name}' is damaged: a block has another size.")
        return data

    def _ended(self) -> BrokenError:
        return BrokenError(f"'{self._source.name}' is damaged: it ends too early.")


def _offsets(header: Header) -> list[int]:
    offsets, at = [], header.offset
    for block in header.blocks:
        offsets.append(at)
        at += block.compressed
    return offsets
