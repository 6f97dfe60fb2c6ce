"""Two nodes that meet only at a remote dataset: ``--params remote_url=http://...``."""

from __future__ import annotations

from typing import Any

from kedro.pipeline import Pipeline, node


def publish(facts: dict[str, Any]) -> dict[str, Any]:
    return {"published": facts}


def fetch(ledger: dict[str, Any]) -> dict[str, Any]:
    return {"fetched": ledger}


def create_pipeline(**kwargs) -> Pipeline:
    return Pipeline(
        [
            node(publish, "raw_json", "ledger", name="publish"),
            node(fetch, "ledger", "ledger_copy", name="fetch"),
        ]
    )
