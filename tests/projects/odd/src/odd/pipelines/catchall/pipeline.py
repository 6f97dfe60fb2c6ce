"""With ``--env catchall`` each of these becomes a file, without it they stay in memory."""

from __future__ import annotations

from kedro.pipeline import Pipeline, node


def make() -> list[int]:
    return [1, 2, 3]


def double(made: list[int]) -> list[int]:
    return [2 * value for value in made]


def create_pipeline(**kwargs) -> Pipeline:
    return Pipeline(
        [
            node(make, None, "caught", name="make"),
            node(double, "caught", "doubled and caught", name="double"),
        ]
    )
