from __future__ import annotations

from typing import Any

from kedro.pipeline import Pipeline, node


def write_hooked(patched: int) -> dict[str, int]:
    return {"patched": patched}


def read_hooked(hooked: dict[str, Any]) -> dict[str, Any]:
    return hooked


def create_pipeline(**kwargs) -> Pipeline:
    return Pipeline(
        [
            node(write_hooked, "params:patched", "hooked", name="write_hooked"),
            node(read_hooked, "hooked", "hooked_report", name="read_hooked"),
        ]
    )
