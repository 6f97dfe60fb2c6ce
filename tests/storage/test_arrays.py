"""Memory to fill, with NumPy and without."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from kedro_azureml.storage.arrays import numpy_if_loaded, room


def test_memory_can_be_written_and_is_as_large_as_said(monkeypatch: pytest.MonkeyPatch) -> None:
    assert numpy_if_loaded() is np
    with_numpy = room(5)
    monkeypatch.delitem(sys.modules, "numpy")
    assert numpy_if_loaded() is None
    for memory in (with_numpy, room(5), room(0)):
        assert memory.format == "B"
        assert not memory.readonly
        memory[:] = b"\1" * len(memory)
    assert len(with_numpy) == 5
    assert "numpy" not in sys.modules
