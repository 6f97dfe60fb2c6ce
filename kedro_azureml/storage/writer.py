"""Turns a stream into compressed blocks, several at a time, and commits them as one."""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from threading import local
from typing import Protocol

import zstandard

from kedro_azureml.storage.blocks import Block, Kind, checksum_of

# The fastest level that still halves ordinary tables; level 3 takes twice as long for 1 % less.
LEVEL = 1
# Enough for a fast network, few enough for two processors; each holds a block in memory.
THREADS = min(16, max(4, os.cpu_count() or 1))
# Blocks grow with what is written, so that large things stay below the 50,000 blocks that a blob
# may have.
_SIZES = ((0, 8 << 20), (4_000, 16 << 20), (16_000, 64 << 20))
LARGEST_BLOCK = _SIZES[-1][1]


class Upload(Protocol):
    """Where blocks go: invisible until they are committed.

    Attributes:
        in_order: Whether blocks must be staged one after another, rather than from any thread.
    """

    in_order: bool

    def stage(self, number: int, frame: bytes) -> None:
        """Store a block."""

    def commit(self, kind: Kind, blocks: list[Block], first: bytes | None) -> None:
        """Make all blocks visible as one.

        Args:
            kind: What they are.
            blocks: Their sizes, in order.
            first: The only block, which was not staged; None when all were.
        """

    def abandon(self) -> None:
        """Forget the blocks."""


def block_size(number: int) -> int:
    """Bytes of the block of that number, before compression."""
    return next(size for start, size in reversed(_SIZES) if number >= start)


class BlockWriter:
    """Takes bytes and sends them off in blocks.

    What `write` is given must not change until the writer is closed: large pieces are not copied.
    """

    def __init__(self, upload: Upload, threads: int = THREADS) -> None:
        self._upload = upload
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="storage")
        self._pending: deque[Future[tuple[Block, bytes | None]]] = deque()
        self._most = threads + 1
        self._blocks: list[Block] = []
        self._number = 0
        self._buffer = bytearray()
        self._local = local()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Take more bytes."""
        view = memoryview(data).cast("B")
        size = block_size(self._number)
        while len(self._buffer) + len(view) > size:
            if self._buffer:
                missing = size - len(self._buffer)
                self._buffer += view[:missing]
                view = view[missing:]
                self._send(memoryview(self._buffer))
                self._buffer = bytearray()
            else:
                self._send(view[:size])
                view = view[size:]
            size = block_size(self._number)
        self._buffer += view

    def close(self, kind: Kind) -> None:
        """Wait until all is stored, and make it visible."""
        only = None
        if not self._pending and not self._blocks:
            # A small thing takes one request.
            only = self._compress(memoryview(self._buffer))
            self._blocks.append(_described(only, len(self._buffer)))
        elif self._buffer:
            self._send(memoryview(self._buffer))
        while self._pending:
            self._collect()
        self._upload.commit(kind, self._blocks, only)
        self._pool.shutdown()

    def abandon(self) -> None:
        """Forget all."""
        self._pool.shutdown(cancel_futures=True)
        self._upload.abandon()

    def _send(self, raw: memoryview) -> None:
        while len(self._pending) >= self._most:
            self._collect()
        self._pending.append(self._pool.submit(self._store, self._number, raw))
        self._number += 1

    def _store(self, number: int, raw: memoryview) -> tuple[Block, bytes | None]:
        frame = self._compress(raw)
        if self._upload.in_order:
            return _described(frame, len(raw)), frame
        self._upload.stage(number, frame)
        return _described(frame, len(raw)), None

    def _collect(self) -> None:
        block, frame = self._pending.popleft().result()
        if frame is not None:
            self._upload.stage(len(self._blocks), frame)
        self._blocks.append(block)

    def _compress(self, raw: memoryview) -> bytes:
        compressor = getattr(self._local, "compressor", None)
        if compressor is None:
            compressor = zstandard.ZstdCompressor(level=LEVEL, write_checksum=True)
            self._local.compressor = compressor
        return bytes(compressor.compress(raw))


def _described(frame: bytes, size: int) -> Block:
    return Block(len(frame), size, checksum_of(frame))
