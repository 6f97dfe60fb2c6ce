"""What a finding suggests."""

from __future__ import annotations

import pytest

from kedro_azureml.diagnostics import nearest


@pytest.mark.parametrize(
    ("name", "known", "said"),
    [
        ("trian", ["train", "test"], "Did you mean 'train'?"),
        ("TRAIN", ["train", "test"], "Did you mean 'train'?"),
        ("train", ["a.train", "b.train", "training"], "Did you mean 'a.train' or 'b.train'?"),
        ("x", ["alpha", "beta"], "Known: 'alpha', 'beta'."),
        ("x", [], ""),
        (
            "x",
            [f"name{i}" for i in range(9)],
            "Known: " + ", ".join(f"'name{i}'" for i in range(8)) + " and 1 more.",
        ),
    ],
)
def test_the_nearest_name(name: str, known: list[str], said: str) -> None:
    assert nearest(name, known) == said
