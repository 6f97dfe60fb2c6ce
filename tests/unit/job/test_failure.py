"""The record of a failure: what is written is read, and what anybody wrote is harmless."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kedro_azureml.job.run.failure import Failure, Frame, failure_in, read_failure

FAILURE = Failure(
    "column 'seat_price' has 3 missing values",
    "ValueError",
    node="split_table",
    frames=(Frame("src/flights/nodes.py", 21, "split", "raise ValueError(text)"),),
    time=7.0,
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


def test_is_read_as_it_was_written(tmp_path: Path) -> None:
    FAILURE.write(tmp_path / "logs")
    assert [file.name for file in (tmp_path / "logs").iterdir()] == ["failure.json"]
    assert failure_in(tmp_path / "logs") == FAILURE


def test_says_it_in_a_line() -> None:
    assert FAILURE.summary == "ValueError: column 'seat_price' has 3 missing values"
    assert FAILURE.place == "src/flights/nodes.py:21"
    assert Failure("", "KeyboardInterrupt").summary == "KeyboardInterrupt"
    assert Failure("two\n lines").summary == "two lines"


def test_the_first_of_several_processes_counts(tmp_path: Path) -> None:
    for rank, moment in ((0, 9.0), (1, 8.0), (10, 9.5)):
        Failure(
            f"by {rank}", "E", rank=rank, process=f"rank {rank} of 11", time=moment
        ).write(tmp_path)  # fmt: skip
    found = failure_in(tmp_path)
    assert found is not None
    assert found.message == "by 1"
    known = failure_in(tmp_path, 10)
    assert known is not None
    assert known.message == "by 10"
    # It was killed before it could say anything: what the others say is no cause.
    assert failure_in(tmp_path, 2) is None


def test_no_record_is_none(tmp_path: Path) -> None:
    assert failure_in(tmp_path / "nowhere") is None
    (tmp_path / "failure.json").mkdir()
    assert failure_in(tmp_path) is None


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"version": "1"},
        {"message": 5},
        {"type": ["ValueError"]},
        {"node": {}},
        {"begun": 1},
        {"rank": "0"},
        {"time": "noon"},
        {"time": float("nan")},
        {"frames": "none"},
        {"frames": [{"file": "a.py"}]},
        {"frames": [{"file": "a.py", "line": True}]},
        {"frames": [{"file": "/etc/passwd", "line": 1}]},
        {"frames": [{"file": "../x.py", "line": 1}]},
    ],
)
def test_a_record_of_another_kind_is_none(change: dict[str, Any]) -> None:
    assert read_failure(json.dumps({**FAILURE.as_data(), **change}).encode()) is None


@given(JSON)
def test_anything_is_read_or_left_alone(value: Any) -> None:
    read_failure(json.dumps(value).encode())
    for name in FAILURE.as_data():
        read_failure(json.dumps({**FAILURE.as_data(), name: value}).encode())


@given(st.binary())
def test_any_bytes_are_left_alone(data: bytes) -> None:
    assert read_failure(data) is None


@given(st.text(), st.text(), st.text(min_size=1))
def test_nothing_drives_the_terminal(message: str, name: str, source: str) -> None:
    frames = (Frame("a.py", 1, name, source),)
    data = json.dumps(Failure(message, name, node=name, frames=frames).as_data()).encode()
    failure = read_failure(data)
    assert failure is not None
    shown = [failure.summary, failure.type, failure.node]
    shown += [text for frame in failure.frames for text in (frame.function, frame.source)]
    assert all(text is None or text.isprintable() for text in shown)


def test_sizes_are_bounded() -> None:
    frames = tuple(Frame("é" * 900, n, "f" * 900, "s" * 900) for n in range(5000))
    failure = Failure("é" * 1_000_000, "E" * 5000, node="n" * 5000, frames=frames)
    data = json.dumps(failure.as_data()).encode()
    assert len(data) < 256 * 1024
    read = read_failure(data)
    assert read is not None
    assert len(read.message) < 4100
    assert [frame.line for frame in read.frames] == [*range(10), *range(4990, 5000)]


def test_secrets_are_taken_out_when_read_too() -> None:
    data = {**FAILURE.as_data(), "message": "AccountKey=abc;"}
    read = read_failure(json.dumps(data).encode())
    assert read is not None
    assert read.message == "AccountKey=...;"
