"""A text in several properties."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kedro_azureml.job.long_text import LONGEST_PROPERTY, from_properties, in_properties

TEXTS = st.one_of(
    st.text(max_size=20),
    st.integers(0, 3 * LONGEST_PROPERTY).map(lambda length: "é" * length),
)


@given(text=TEXTS, others=st.dictionaries(st.sampled_from(["other", "key.x", "key.0"]), st.text()))
def test_it_comes_back_whole(text: str, others: dict[str, str]) -> None:
    properties = in_properties("key", text)
    assert all(0 < len(value) <= LONGEST_PROPERTY for value in properties.values())
    assert from_properties("key", {**others, **properties}) == text
