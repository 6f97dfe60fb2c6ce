"""Names are legal, unique, stable and as close to the original as can be."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from kedro_azureml.compiler.naming import MAX_LENGTH, azure_names

LEGAL = re.compile(r"^[a-z_][a-z0-9_]*$")
NAMES = st.lists(
    st.one_of(
        st.text(max_size=12),
        st.sampled_from(["a.b", "a_b", "A.B", "a-b", "home", "Path", "items", "class", "😀", "1x"]),
        st.text("aA._-", min_size=1, max_size=3),
    ),
    unique=True,
    max_size=15,
)


@given(NAMES)
def test_legal_unique_never_reserved(originals: list[str]) -> None:
    names = azure_names(originals, "dataset")
    assert list(names) == originals
    assert len(set(names.values())) == len(originals)
    for name in names.values():
        assert LEGAL.match(name)
        assert name.isidentifier()
        assert len(name) <= MAX_LENGTH
        assert name not in {"home", "path", "user", "shell", "items", "keys", "class", "pwd"}


@given(NAMES, st.randoms())
def test_order_does_not_matter(originals: list[str], random: object) -> None:
    shuffled = list(originals)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert azure_names(originals, "dataset") == azure_names(shuffled, "dataset")


def test_a_legal_name_keeps_itself() -> None:
    names = azure_names(["companies", "model_input", "_private", "x__1"], "dataset")
    assert all(original == name for original, name in names.items())


def test_collisions_get_a_hash() -> None:
    """field-defects: `A`/`a`, `a.b`/`a_b`, nodes `a.b`/`a__b` merge silently."""
    names = azure_names(["a.b", "a_b", "A", "a", "n.m", "n__m"], "dataset")
    assert names["a_b"] == "a_b"
    assert names["a"] == "a"
    assert re.match(r"^a_b_[0-9a-f]{6}$", names["a.b"])
    assert re.match(r"^a_[0-9a-f]{6}$", names["A"])
    assert names["n.m"] != names["n__m"]


def test_reserved_and_unusable_names() -> None:
    names = azure_names(["home", "ITEMS", "😀", "漢", "2020", "x" * 300], "dataset")
    assert re.match(r"^home_[0-9a-f]{6}$", names["home"])
    assert re.match(r"^items_[0-9a-f]{6}$", names["ITEMS"])
    assert re.match(r"^dataset_[0-9a-f]{6}$", names["😀"])
    assert names["2020"] == "_2020"
    assert len(names["x" * 300]) == MAX_LENGTH
