"""Nodes that confirm: their own input, that of another node, with the checkpoint elsewhere.

Kedro refuses two nodes that confirm one dataset.
"""

from __future__ import annotations

from kedro.pipeline import Pipeline, node


def join(drops: dict[str, str]) -> dict[str, str]:
    return dict(sorted(drops.items()))


def count(drops: dict[str, str]) -> int:
    return len(drops)


def create_pipeline(**kwargs) -> Pipeline:
    return Pipeline(
        [
            node(join, "confirmed_own", "own_report", name="confirm_own", confirms="confirmed_own"),
            node(
                join,
                "confirmed_elsewhere",
                "elsewhere_report",
                name="confirm_elsewhere",
                confirms=["confirmed_elsewhere"],
            ),
            node(join, "confirmed_later", "later_report", name="read_later"),
            node(
                count,
                "later_report",
                "later_count",
                name="confirm_later",
                confirms="confirmed_later",
            ),
        ]
    )
