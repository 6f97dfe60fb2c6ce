"""One block: what shrinks does, what does not is not looked at twice, and damage shows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kedro_azureml.storage.errors import BrokenError
from kedro_azureml.storage.format.compression import compress, decompress

RANDOM = np.random.default_rng(0)
WORDS = " ".join(f"word{n % 917} {n % 31}" for n in range(60_000)).encode()
KINDS = {
    "counting": (np.arange(100_000), 8),
    "dates": (
        (np.datetime64("2024-01-01", "s") + RANDOM.integers(0, 10**7, 100_000)).astype("M8[ns]"),
        8,
    ),
    "small": (RANDOM.integers(0, 1000, 200_000, dtype=np.int32), 4),
    "halves": (np.linspace(0, 1, 400_000).astype(np.float16), 2),
    "text": (np.frombuffer(WORDS, np.uint8), 1),
    "noise": (RANDOM.integers(0, 256, 500_000, dtype=np.uint8), 1),
    "short": (np.arange(10), 1),
}


def raw_of(array: np.ndarray) -> memoryview:
    return array.view(np.uint8).data


@pytest.mark.parametrize("kind", list(KINDS))
def test_each_kind_is_told_by_its_bytes(kind: str) -> None:
    array, width = KINDS[kind]
    raw = raw_of(array)
    block, frame = compress(raw)
    assert (block.size, block.compressed) == (len(raw), len(frame))
    assert block.width == width
    target = bytearray(len(raw))
    decompress(memoryview(frame), block, "x", memoryview(target))
    assert bytes(target) == bytes(raw)


def test_how_much_is_left() -> None:
    left = {}
    for kind, (array, _) in KINDS.items():
        raw = raw_of(array)
        left[kind] = compress(raw)[0].compressed / len(raw)
    assert left["counting"] < 0.01
    assert left["dates"] < 0.75
    assert left["small"] < 0.45
    assert left["text"] < 0.4
    # What does not compress costs some bytes of framing, and is not shuffled for nothing.
    assert left["noise"] < 1.001


def test_numbers_that_compress_as_they_are() -> None:
    """Shuffling is no end in itself: three numbers, over and over, are a pattern of 24 bytes."""
    pattern = np.tile(RANDOM.standard_normal(3), 50_000)
    block, _ = compress(raw_of(pattern))
    assert block.width == 1
    assert block.compressed < 2_000


@given(st.binary(max_size=300), st.integers(1, 3000))
def test_anything_comes_back(data: bytes, times: int) -> None:
    raw = memoryview(data * times)
    block, frame = compress(raw, continues=True)
    assert block.continues
    target = bytearray(len(raw))
    decompress(memoryview(frame), block, "x", memoryview(target))
    assert target == raw


@pytest.mark.parametrize("kind", ["counting", "text", "noise"])
def test_damage_shows(kind: str) -> None:
    raw = raw_of(KINDS[kind][0])
    block, frame = compress(raw)

    def broken(data: bytes, why: str, size: int = block.size) -> None:
        with pytest.raises(BrokenError, match=why):
            decompress(
                memoryview(data), block._replace(size=size), "x", memoryview(bytearray(size))
            )

    middle = len(frame) // 2
    broken(frame[:middle] + bytes([frame[middle] ^ 64]) + frame[middle + 1 :], "damaged")
    broken(frame[:-1], "not the one written")
    broken(frame[:-1] + bytes([frame[-1] ^ 1]), "not the one written")
    broken(frame, "another size|checksum", block.size - 8)
    broken(frame, "another size|checksum", block.size + 8)


@pytest.mark.parametrize("kind", ["counting", "text", "noise"])
def test_a_frame_that_says_other_things_of_itself(kind: str) -> None:
    """Zstandard would allocate the size that a frame names, and skip a checksum that it denies."""
    raw = raw_of(KINDS[kind][0])
    block, frame = compress(raw)
    for bit in range(8):
        told = frame[:4] + bytes([frame[4] ^ (1 << bit)]) + frame[5:]
        target = bytearray(len(raw))
        # One bit of the byte is unused.
        try:
            decompress(memoryview(told), block, "x", memoryview(target))
        except BrokenError:
            continue
        assert target == raw
