"""The format of one stored thing: a header, then compressed blocks.

The header tells the size and the checksum of each block, so that a reader can fetch blocks at the
same time and knows a truncated, damaged or foreign thing for what it is. All numbers are
little-endian::

    magic       8 bytes   b"KAZSTORE"
    version     u16
    kind        u8        1: an object, 2: a folder
    reserved    u8
    count       u32       number of blocks
    offset      u64       where the first block begins
    size        u64       bytes before compression
    checksum    u32       CRC-32 of all the above and of the index
    index       count times: u32 compressed size, u32 size, u32 checksum, u8 width, u8 continues

Each block is a Zstandard frame that ends with a checksum of its content, the one in the index. A
width above 1 says that the content was shuffled as numbers of so many bytes. A block that continues
belongs into one piece of memory with the block before.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from kedro_azureml.storage.errors import BrokenError

MAGIC = b"KAZSTORE"
VERSION = 2
Kind = Literal["object", "folder"]
_KINDS: dict[Kind, int] = {"object": 1, "folder": 2}
_HEAD = struct.Struct("<8sHBBIQQ")
_CHECKSUM = struct.Struct("<I")
_ENTRY = struct.Struct("<IIIB?")
PREFIX_SIZE = _HEAD.size + _CHECKSUM.size


class Block(NamedTuple):
    """One block.

    Attributes:
        compressed: Its bytes as stored.
        size: Its bytes before compression.
        checksum: Its content's.
        width: The bytes of a number, if it was shuffled; 1 otherwise.
        continues: Whether it belongs into one piece of memory with the block before.
    """

    compressed: int
    size: int
    checksum: int
    width: int
    continues: bool


@dataclass(frozen=True)
class Header:
    """What there is to know about a stored thing.

    Attributes:
        kind: An object or a folder.
        offset: Where the first block begins.
        blocks: The blocks, in order.
    """

    kind: Kind
    offset: int
    blocks: tuple[Block, ...]

    @property
    def end(self) -> int:
        """Where the last block ends: the size of the whole."""
        return self.offset + sum(block.compressed for block in self.blocks)

    @property
    def size(self) -> int:
        """Bytes before compression."""
        return sum(block.size for block in self.blocks)


def encode(kind: Kind, blocks: Sequence[Block], offset: int | None = None) -> bytes:
    """Return the bytes of a header.

    Args:
        kind: An object or a folder.
        blocks: The blocks, in order.
        offset: Where the first block begins; right behind the header by default.
    """
    index = b"".join(_ENTRY.pack(*block) for block in blocks)
    start = PREFIX_SIZE + len(index) if offset is None else offset
    size = sum(block.size for block in blocks)
    head = _HEAD.pack(MAGIC, VERSION, _KINDS[kind], 0, len(blocks), start, size)
    return head + _CHECKSUM.pack(zlib.crc32(index, zlib.crc32(head))) + index


def index_size(prefix: bytes, name: str) -> int:
    """Return the size of the index, from the first `PREFIX_SIZE` bytes.

    Raises:
        BrokenError: They are not the beginning of a header.
    """
    if not prefix:
        raise BrokenError(f"'{name}' is empty: it was not written by kedro-azureml, or cut off.")
    if prefix[: len(MAGIC)] != MAGIC:
        raise BrokenError(f"'{name}' was not written by kedro-azureml.")
    if len(prefix) < PREFIX_SIZE:
        raise BrokenError(f"'{name}' is not whole: it ends within its header.")
    _, version, _, _, count, _, _ = _HEAD.unpack_from(prefix)
    if version != VERSION:
        raise BrokenError(
            f"'{name}' has format {version}; this version of kedro-azureml reads format {VERSION}. "
            "Run every step with the same version."
        )
    return int(count) * _ENTRY.size


def decode(data: bytes, name: str) -> Header:
    """Read the header from its bytes: `PREFIX_SIZE` and those of the index.

    Raises:
        BrokenError: It is damaged.
    """
    length = PREFIX_SIZE + index_size(data, name)
    if len(data) < length:
        raise BrokenError(f"'{name}' is not whole: it ends within its header.")
    head, index = data[: _HEAD.size], data[PREFIX_SIZE:length]
    (checksum,) = _CHECKSUM.unpack_from(data, _HEAD.size)
    if checksum != zlib.crc32(index, zlib.crc32(head)):
        raise BrokenError(f"'{name}' is damaged: the checksum of its header does not match.")
    _, _, number, _, _, offset, size = _HEAD.unpack(head)
    blocks = tuple(Block(*entry) for entry in _ENTRY.iter_unpack(index))
    kind = next((kind for kind, code in _KINDS.items() if code == number), None)
    if kind is None or size != sum(block.size for block in blocks):
        raise BrokenError(f"'{name}' is damaged: its header contradicts itself.")
    return Header(kind, offset, blocks)


def checksum_of(frame: bytes | memoryview) -> int:
    """Return the checksum that a Zstandard frame ends with."""
    (checksum,) = _CHECKSUM.unpack_from(frame, len(frame) - _CHECKSUM.size)
    return int(checksum)
