"""A unit test starts no process: that is what makes all of them together fast."""

from __future__ import annotations

import multiprocessing.util
import os
import sys
from collections.abc import Iterator
from typing import Any

import pytest

_EVENTS = frozenset(
    {"subprocess.Popen", "os.system", "os.fork", "os.forkpty", "os.posix_spawn", "os.exec"}
)
#: The number of the process whose unit test runs now; a list, so that the hook sees changes.
_guarded: list[int] = []


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    # A child of a test that was allowed to fork has this hook too: it may do what it likes.
    if event in _EVENTS and os.getpid() in _guarded:
        raise AssertionError(f"A unit test starts a process ({event}): move it to tests/process.")


# An audit hook can never be taken away again: it is switched on for the length of each test.
sys.addaudithook(_refuse)


def _no_helper(*arguments: Any) -> int:
    raise AssertionError("A unit test starts a process (multiprocessing): move it.")


@pytest.fixture(autouse=True)
def starts_no_process(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fail the test that starts a process."""
    # How multiprocessing starts its fork server raises no audit event.
    monkeypatch.setattr(multiprocessing.util, "spawnv_passfds", _no_helper)
    _guarded.append(os.getpid())
    yield
    _guarded.clear()
