"""One block, compressed and back again."""

from __future__ import annotations

import zstandard

from kedro_azureml.storage.errors import BrokenError
from kedro_azureml.storage.format.blocks import Block, checksum_of
from kedro_azureml.storage.format.shuffling import WIDTHS, planes_of, put_in_order, shuffled

# The fastest level that still halves ordinary tables; level 3 takes twice as long for 1 % less.
LEVEL = 1
# So fast that the bytes are hardly looked at: for what is compressed or random already.
_STORING = -5
# What a block is judged by: a few pieces, spread over it.
_PIECES, _PIECE = 8, 8 << 10
# What shuffling must leave of what is left without, to be worth its time.
_SHUFFLED_AT_MOST = 0.9
# Compressing takes longer than sending the eighth that it would save.
_COMPRESSED_AT_MOST = 0.875


def compress(raw: memoryview, continues: bool = False) -> tuple[Block, bytes]:
    """Return a block's description and its bytes as they are stored.

    Args:
        raw: Its own bytes.
        continues: Whether it belongs into one piece of memory with the block before.
    """
    width, level = _how(raw)
    compressor = zstandard.ZstdCompressor(level=level, write_checksum=True)
    frame = bytes(compressor.compress(shuffled(raw, width) if width > 1 else raw))
    return Block(len(frame), len(raw), checksum_of(frame), width, continues), frame


def decompress(frame: memoryview, block: Block, name: str, target: memoryview) -> None:
    """Write a block's own bytes to where they belong.

    Args:
        frame: Its bytes as they are stored.
        block: Its description.
        name: What to call the stored thing in messages.
        target: Room for exactly its own bytes.

    Raises:
        BrokenError: They are not the bytes that were written.
    """
    if len(frame) != block.compressed or checksum_of(frame) != block.checksum:
        raise BrokenError(f"'{name}' is damaged: a block is not the one written.")
    try:
        # Zstandard allocates whatever size a frame names, and verifies a checksum if it says so.
        about = zstandard.get_frame_parameters(frame)
        if about.content_size != block.size or not about.has_checksum:
            raise BrokenError(f"'{name}' is damaged: a block has another size.")
        decompressor = zstandard.ZstdDecompressor()
        if block.width > 1:
            put_in_order(decompressor.decompress(frame), block.width, target)
            return
        with decompressor.stream_reader(frame) as stream:
            size = stream.readinto(target) + len(stream.read(1))
    except zstandard.ZstdError:
        raise BrokenError(f"'{name}' is damaged: the checksum of a block does not match.") from None
    if size != block.size:
        raise BrokenError(f"'{name}' is damaged: a block has another size.")


def _how(raw: memoryview) -> tuple[int, int]:
    """Return the width to shuffle by, 1 for none, and the level to compress at."""
    if len(raw) <= _PIECES * _PIECE:
        return 1, LEVEL
    # Pieces must begin with the same byte of a number.
    apart = (len(raw) - _PIECE) // (_PIECES - 1) // max(WIDTHS) * max(WIDTHS)
    sample = b"".join(raw[apart * n :][:_PIECE] for n in range(_PIECES))
    width, size = 1, _compressed_size(sample)
    limit = size * _SHUFFLED_AT_MOST
    for wider in (w for w in WIDTHS if len(raw) % w == 0):
        left = sum(map(_compressed_size, planes_of(sample, wider)))
        if left < min(size, limit):
            width, size = wider, left
    return (width, LEVEL) if size <= _COMPRESSED_AT_MOST * len(sample) else (1, _STORING)


def _compressed_size(data: bytes) -> int:
    return len(zstandard.ZstdCompressor(level=LEVEL).compress(data))
