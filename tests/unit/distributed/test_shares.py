"""Shares of partitions: each partition is in one share, and all processes agree which."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kedro_azureml.distributed.shares import Shard, balanced_share_of, share_of

NAMES = st.sets(st.text(max_size=20), max_size=40)
COUNTS = st.integers(1, 60)


def shards(count: int) -> list[Shard]:
    return [Shard(number + 1, count) for number in range(count)]


@given(NAMES, COUNTS)
def test_each_partition_is_in_one_share(names: set[str], count: int) -> None:
    shares = [share_of(names, shard) for shard in shards(count)]
    assert set().union(*shares) == names
    assert sum(map(len, shares)) == len(names)


@given(NAMES, NAMES, COUNTS)
def test_other_partitions_move_none(names: set[str], others: set[str], count: int) -> None:
    for shard in shards(count):
        assert share_of(names | others, shard) & names == share_of(names, shard)


def test_a_share_is_the_same_tomorrow() -> None:
    """A change here would let the shards of one job, on two versions, lose partitions."""
    names = ["a", "b", "c", "d/e", "ü", "part 1's", "2024-01", "2024-02", "2024-03"]
    assert [sorted(share_of(names, shard)) for shard in shards(3)] == [
        ["2024-01", "2024-03"],
        ["2024-02", "a", "b", "d/e"],
        ["c", "part 1's", "ü"],
    ]


SIZES = st.dictionaries(st.text(max_size=8), st.integers(0, 10**12), max_size=40)


@given(SIZES, COUNTS, st.randoms())
def test_balanced_shares_are_about_equal(sizes: dict[str, int], count: int, random: object) -> None:
    shares = [balanced_share_of(sizes, shard) for shard in shards(count)]
    assert set().union(*shares) == set(sizes)
    assert sum(map(len, shares)) == len(sizes)
    loads = [sum(sizes[name] for name in share) for share in shares]
    # The last one that a share was given went to the smallest.
    assert max(loads) - min(loads) <= max(sizes.values(), default=0)
    # How a listing is ordered changes nothing.
    names = list(sizes)
    random.shuffle(names)  # type: ignore[attr-defined]
    again = {name: sizes[name] for name in names}
    assert [balanced_share_of(again, shard) for shard in shards(count)] == shares


def test_partitions_without_bytes_are_shared_too() -> None:
    sizes = dict.fromkeys("abcdef", 0)
    assert [len(balanced_share_of(sizes, shard)) for shard in shards(3)] == [2, 2, 2]


@given(COUNTS, st.data())
def test_a_shard_is_read_as_it_was_written(count: int, data: st.DataObject) -> None:
    shard = Shard(data.draw(st.integers(1, count)), count)
    assert Shard.parse(str(shard)) == shard


@pytest.mark.parametrize("text", ["", "3", "0/3", "4/3", "-1/3", "1/3 ", "a/b", "1/0", "\u0663/8"])
def test_what_is_no_shard(text: str) -> None:
    with pytest.raises(ValueError, match="no shard"):
        Shard.parse(text)
