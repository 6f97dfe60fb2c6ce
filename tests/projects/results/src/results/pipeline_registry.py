"""Five nodes: a model that is read again, a file, a folder and a text."""

from __future__ import annotations

from typing import Any

import pandas as pd
from kedro.pipeline import Pipeline, node


def clean(sales: pd.DataFrame) -> pd.DataFrame:
    return sales[sales["amount"] > 0]


def train(table: pd.DataFrame) -> dict[str, Any]:
    return {"mean": float(table["amount"].mean())}


def evaluate(model: dict[str, Any], table: pd.DataFrame) -> dict[str, Any]:
    return {"mean": model["mean"], "rows": len(table)}


def split(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    return {str(region): rows for region, rows in table.groupby("region")}


def summarize(table: pd.DataFrame) -> str:
    return f"{len(table)} sales\n"


def register_pipelines() -> dict[str, Pipeline]:
    sales = Pipeline(
        [
            node(clean, "sales", "table", name="clean"),
            node(train, "table", "model", name="train"),
            node(evaluate, ["model", "table"], "score", name="evaluate"),
            node(split, "table", "by_region", name="split"),
            node(summarize, "table", "summary", name="summarize"),
        ]
    )
    return {"__default__": sales, "sales": sales}
