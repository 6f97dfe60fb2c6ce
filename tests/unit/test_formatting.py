"""Sizes, times and counts as people read them."""

from __future__ import annotations

from pathlib import Path

import pytest

from kedro_azureml.formatting import count, duration, listed, shown, size


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (1.2e6, "1.2 MB"),
        (5e12, "5000.0 GB"),
    ],
)
def test_sizes(number: float, text: str) -> None:
    assert size(int(number)) == text


@pytest.mark.parametrize(
    ("seconds", "digits", "text"),
    [
        (0.04, 0, "0 s"),
        (3.14, 1, "3.1 s"),
        (99.9, 1, "99.9 s"),
        (100, 1, "1:40 min"),
        (187, 0, "3:07 min"),
        (3723, 0, "1:02:03"),
    ],
)
def test_durations(seconds: float, digits: int, text: str) -> None:
    assert duration(seconds, digits) == text


def test_counts() -> None:
    assert [count(n, "file") for n in (0, 1, 2)] == ["0 files", "1 file", "2 files"]


def test_names() -> None:
    assert listed(["a", "b"]) == "'a', 'b'"
    assert listed(list("abcdefg"), 2, quoted=False) == "a, b and 5 more"


def test_a_path_is_shown_as_one_would_type_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert shown(tmp_path / "a b" / "c.yml") == "a b/c.yml"
    assert shown(tmp_path.parent / "c.yml") == str(tmp_path.parent / "c.yml")
