"""The dataset between the two nodes is in no configuration file: a hook adds it."""

from __future__ import annotations

from kedro.pipeline import Pipeline, node


def write_added() -> dict[str, int]:
    return {"added": 1}


def read_added(added: dict[str, int]) -> dict[str, int]:
    return added


def create_pipeline(**kwargs) -> Pipeline:
    return Pipeline(
        [
            node(write_added, None, "added_by_hook", name="write_added"),
            node(read_added, "added_by_hook", "added_report", name="read_added"),
        ]
    )
