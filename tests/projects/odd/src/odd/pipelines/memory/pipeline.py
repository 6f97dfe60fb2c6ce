from __future__ import annotations

from kedro.pipeline import Pipeline, node

from .nodes import make_objects, use_objects


def create_pipeline(**kwargs) -> Pipeline:
    return Pipeline(
        [
            node(
                make_objects,
                None,
                ["point", "function", "local", "declared_memory", "assigned_memory", "unread"],
                name="make_objects",
            ),
            node(
                use_objects,
                [
                    "point",
                    "function",
                    "local",
                    "declared_memory",
                    "assigned_memory",
                    "preset_memory",
                    "point",
                ],
                "memory_report",
                name="use_objects",
            ),
        ]
    )
