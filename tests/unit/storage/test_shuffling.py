"""Numbers as planes, and back, with NumPy and without."""

from __future__ import annotations

import struct
import sys

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kedro_azureml.storage.format.shuffling import WIDTHS, planes_of, put_in_order, shuffled


def there_and_back(data: bytes, width: int) -> tuple[bytes, bytes]:
    planes = bytes(shuffled(memoryview(data), width))
    target = bytearray(len(data))
    put_in_order(planes, width, memoryview(target))
    return planes, bytes(target)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200), st.sampled_from(WIDTHS))
def test_any_numbers_come_back_the_same_with_numpy_and_without(data: bytes, width: int) -> None:
    data = data[: len(data) // width * width]
    assert "numpy" in sys.modules
    with_numpy = there_and_back(data, width)
    with pytest.MonkeyPatch.context() as patch:
        patch.delitem(sys.modules, "numpy")
        without = there_and_back(data, width)
    assert with_numpy == without == (b"".join(planes_of(data, width)), data)


def test_first_bytes_come_first() -> None:
    assert bytes(shuffled(memoryview(struct.pack("<3H", 1, 2, 0x0103)), 2)) == b"\1\2\3\0\0\1"


def test_the_target_is_written_where_it_lies() -> None:
    numbers = np.arange(10, dtype=np.int64)
    whole = bytearray(100)
    put_in_order(bytes(shuffled(numbers.data.cast("B"), 8)), 8, memoryview(whole)[7:87])
    assert np.array_equal(np.frombuffer(whole[7:87], np.int64), numbers)
    assert set(whole[:7] + whole[87:]) == {0}
