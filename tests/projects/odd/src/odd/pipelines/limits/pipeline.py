"""More outputs, and then more inputs, of one node than Azure ML documents."""

from __future__ import annotations

from kedro.pipeline import Pipeline, node

OUTPUTS = [f"part_{index}" for index in range(21)]


def make_many() -> list[int]:
    return list(range(len(OUTPUTS)))


def total(*values: int) -> int:
    return sum(values)


def create_pipeline(**kwargs) -> Pipeline:
    return Pipeline(
        [
            node(make_many, None, OUTPUTS, name="make_many"),
            node(total, OUTPUTS, "total_report", name="total"),
        ]
    )
