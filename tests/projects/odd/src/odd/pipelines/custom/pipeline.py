from __future__ import annotations

from typing import Any

from kedro.pipeline import Pipeline, node


def write_custom(located: dict[str, Any], pair: tuple[str, str]) -> tuple[Any, tuple[str, str]]:
    return {**located, "seen": True}, (pair[1], pair[0])


def read_custom(located: dict[str, Any], pair: tuple[str, str]) -> dict[str, Any]:
    return {"located": located, "pair": list(pair)}


def create_pipeline(**kwargs) -> Pipeline:
    return Pipeline(
        [
            node(
                write_custom,
                ["located_raw", "pair_raw"],
                ["located_made", "pair_made"],
                name="write_custom",
            ),
            node(read_custom, ["located_made", "pair_made"], "custom_report", name="read_custom"),
        ]
    )
