"""YAML from elsewhere is read, or refused at once."""

from __future__ import annotations

import time
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from kedro_azureml.job.safe_yaml import load_yaml
from tests.kit.bombs import BOMBS

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(categories=["L", "N", "P"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("abc", min_size=1), inner),
    max_leaves=20,
)


@pytest.mark.parametrize("text", [*BOMBS, "a: &a [*a]", "[" * 100_000, "{a: " * 100_000])
def test_what_stands_for_too_much_is_refused_at_once(text: str) -> None:
    started = time.process_time()
    with pytest.raises(yaml.YAMLError):
        load_yaml(text)
    assert time.process_time() - started < 1


@pytest.mark.parametrize("text", ["a: 2024-13-45", f"a: {'1' * 6000}", "a: [", "[a]: {[b]: c}"])
def test_what_is_no_yaml(text: str) -> None:
    with pytest.raises(yaml.YAMLError):
        load_yaml(text)


def test_anchors_as_people_use_them() -> None:
    text = "common: &c {x: 1, y: [1, 2]}\n" + "".join(
        f"k{n}: {{<<: *c, z: {n}}}\n" for n in range(99)
    )
    data = load_yaml(text)
    assert data["k98"] == {"x": 1, "y": [1, 2], "z": 98}
    assert load_yaml("") is None


@given(VALUES)
def test_anything_that_yaml_writes(value: Any) -> None:
    # The same list twice makes the writer use an anchor.
    assert load_yaml(yaml.safe_dump([value, value])) == [value, value]
