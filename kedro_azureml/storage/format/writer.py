"""Turns a stream into compressed blocks, several at a time, and commits them as one."""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol

from kedro_azureml.storage.format.blocks import Block, Kind
from kedro_azureml.storage.format.compression import compress

# Bytes of a block, before compression, at the most.
BLOCK = 8 << 20
# What is written at once and is so long has blocks of its own: what is alike stays together.
_LONG = 1 << 20
_ALIGNED = 64
# A part is what one request sends: blocks until they have so many bytes, from the part of that
# number on. Parts grow, so that large things stay below the 50,000 that a blob may have.
_PARTS = ((0, 6 << 20), (4_000, 16 << 20), (16_000, 64 << 20))
LARGEST_PART = _PARTS[-1][1] + 2 * BLOCK
PROCESSORS = min(16, os.cpu_count() or 1)
# Enough for a fast network, few enough for two processors; each holds a part in memory.
THREADS = max(4, PROCESSORS)


class Upload(Protocol):
    """Where parts go: invisible until they are committed.

    Attributes:
        in_order: Whether parts must be staged one after another, rather than from any thread.
    """

    in_order: bool

    def put(self, kind: Kind, blocks: list[Block], data: bytes) -> None:
        """Store all blocks at once, with their header, and make them visible."""

    def stage(self, number: int, data: bytes) -> None:
        """Store a part."""

    def stage_header(self, kind: Kind, blocks: list[Block]) -> None:
        """Store what says what all parts are, before or after the last of them."""

    def commit(self, parts: int) -> None:
        """Make the header and all parts visible as one."""

    def abandon(self) -> None:
        """Forget the parts."""


class BlockWriter:
    """Takes bytes and sends them off in blocks.

    What `write` is given must not change until the writer is closed: long pieces are not copied.
    """

    def __init__(self, upload: Upload) -> None:
        self._upload = upload
        self._compressing = ThreadPoolExecutor(PROCESSORS, thread_name_prefix="compress")
        self._sending = ThreadPoolExecutor(THREADS, thread_name_prefix="send")
        self._compressed: deque[Future[tuple[Block, bytes]]] = deque()
        self._sent: deque[Future[None]] = deque()
        self._blocks: list[Block] = []
        self._part: list[bytes] = []
        self._part_size = 0
        self._parts = 0
        self._buffer = bytearray()

    def write(self, data: bytes | bytearray | memoryview, *, together: bool = False) -> None:
        """Take more bytes.

        Args:
            data: The bytes.
            together: Whether a reader needs them in one piece of memory.
        """
        view = memoryview(data).cast("B")
        if len(view) < _LONG:
            if len(self._buffer) + len(view) > BLOCK:
                self._flush()
            self._buffer += view
            return
        self._flush()
        # Blocks of one size, and none that ends within a number.
        count = -(-len(view) // BLOCK)
        size = -(-len(view) // (count * _ALIGNED)) * _ALIGNED
        for start in range(0, len(view), size):
            self._compress(view[start : start + size], continues=together and start > 0)

    def close(self, kind: Kind) -> None:
        """Wait until all is stored, and make it visible."""
        self._flush()
        while self._compressed:
            self._collect()
        if not self._parts:
            # A small thing takes one request.
            self._upload.put(kind, self._blocks, b"".join(self._part))
        else:
            self._send_part()
            self._upload.stage_header(kind, self._blocks)
            while self._sent:
                self._sent.popleft().result()
            self._upload.commit(self._parts)
        self._stop()

    def abandon(self) -> None:
        """Forget all."""
        self._stop()
        self._upload.abandon()

    def _flush(self) -> None:
        if self._buffer:
            self._compress(memoryview(self._buffer))
            self._buffer = bytearray()

    def _compress(self, raw: memoryview, *, continues: bool = False) -> None:
        while len(self._compressed) > PROCESSORS or (
            self._compressed and self._compressed[0].done()
        ):
            self._collect()
        self._compressed.append(self._compressing.submit(compress, raw, continues))

    def _collect(self) -> None:
        block, frame = self._compressed.popleft().result()
        self._blocks.append(block)
        self._part.append(frame)
        self._part_size += len(frame)
        if self._part_size >= part_size(self._parts):
            self._send_part()

    def _send_part(self) -> None:
        if not self._part:
            return
        data = b"".join(self._part)
        self._part, self._part_size = [], 0
        if self._upload.in_order:
            self._upload.stage(self._parts, data)
        else:
            while len(self._sent) >= THREADS:
                self._sent.popleft().result()
            self._sent.append(self._sending.submit(self._upload.stage, self._parts, data))
        self._parts += 1

    def _stop(self) -> None:
        self._compressing.shutdown(cancel_futures=True)
        self._sending.shutdown(cancel_futures=True)


def part_size(number: int) -> int:
    """Return how many bytes complete the part of that number."""
    return next(size for start, size in reversed(_PARTS) if number >= start)
