"""The executors that the contract is asked of."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kit.executors import Bench, Rehearsal, StandIn


@pytest.fixture(params=["rehearsal", "stand-in"])
def executor_name(request: pytest.FixtureRequest) -> str:
    """Which executor runs the steps of this test."""
    name: str = request.param
    return name


@pytest.fixture
def bench(executor_name: str, tmp_path: Path) -> Bench:
    """A folder to run documents in."""
    root = tmp_path / "my project"
    root.mkdir()
    if executor_name == "rehearsal":
        return Bench(Rehearsal(root))
    return Bench(StandIn(root, tmp_path / "the service"))
