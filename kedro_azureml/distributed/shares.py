"""Which partitions a shard works on: decided from their names, and their sizes, alone.

Each shard decides for itself, in a process of its own, and all come to the same: each partition is
in exactly one share.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from heapq import heapify, heapreplace
from typing import Literal

Balance = Literal["size"]
# In the place of a shard: the process's own rank says which it is.
BY_RANK = "rank"
_TEXT = re.compile(r"([0-9]+)/([0-9]+)", re.ASCII)


@dataclass(frozen=True)
class Shard:
    """One share among several.

    Attributes:
        number: Its number, from 1.
        count: How many there are.
    """

    number: int
    count: int

    def __post_init__(self) -> None:
        if not 1 <= self.number <= self.count:
            raise ValueError(f"{self.number} is no shard of {self.count}")

    @classmethod
    def parse(cls, text: str) -> Shard:
        """Read what `str` writes.

        Raises:
            ValueError: The text is no shard.
        """
        match = _TEXT.fullmatch(text)
        if match is None:
            raise ValueError(f"'{text}' is no shard such as 3/8")
        return cls(int(match[1]), int(match[2]))

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"

    @property
    def name(self) -> str:
        """What is named after it: a step, an input, a folder."""
        return f"{self.number}_of_{self.count}"

    @classmethod
    def all_of(cls, count: int) -> list[Shard]:
        """Return each of so many."""
        return [cls(number + 1, count) for number in range(count)]


def share_of(partitions: Iterable[str], shard: Shard) -> set[str]:
    """Return the partitions of a share, by their names: other partitions change nothing."""
    return {name for name in partitions if _number(name, shard.count) == shard.number}


def balanced_share_of(sizes: Mapping[str, int], shard: Shard) -> set[str]:
    """Return the partitions of a share, where all shares are about equally large.

    The largest partition goes to the smallest share, and so on; by name where sizes are equal.

    Args:
        sizes: Each partition to its size in bytes.
        shard: The share.
    """
    shares: list[tuple[int, int, int]] = [(0, 0, number + 1) for number in range(shard.count)]
    heapify(shares)
    chosen: set[str] = set()
    for name in sorted(sizes, key=lambda name: (-sizes[name], name)):
        size, held, number = shares[0]
        # Partitions without any bytes are work too.
        heapreplace(shares, (size + sizes[name], held + 1, number))
        if number == shard.number:
            chosen.add(name)
    return chosen


def _number(name: str, count: int) -> int:
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") % count + 1
