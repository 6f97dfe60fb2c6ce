"""Memory to fill, with NumPy and without."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from kedro_azureml.storage.format.arrays import numpy_if_loaded, room

LARGE = 5 << 20


def test_memory_can_be_written_and_is_as_large_as_said(monkeypatch: pytest.MonkeyPatch) -> None:
    assert numpy_if_loaded() is np
    memories = [room(LARGE), room(5), room(0)]
    monkeypatch.delitem(sys.modules, "numpy")
    assert numpy_if_loaded() is None
    memories += [room(LARGE), room(5)]
    for memory in memories:
        view = memoryview(memory)
        assert view.format == "B"
        view[:] = b"\1" * len(view)
    assert [len(memory) for memory in memories] == [LARGE, 5, 0, LARGE, 5]
    assert "numpy" not in sys.modules
    # How a module is said not to be installed.
    monkeypatch.setitem(sys.modules, "numpy", None)
    assert numpy_if_loaded() is None
