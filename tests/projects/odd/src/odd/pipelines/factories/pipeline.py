from __future__ import annotations

import pandas as pd
from kedro.pipeline import Pipeline, node


def prepare(weather: pd.DataFrame) -> pd.DataFrame:
    return weather.assign(felt=weather["degrees"] - 2)


def refine(table: pd.DataFrame, factor: int) -> tuple[pd.DataFrame, int]:
    return table.assign(felt=table["felt"] * factor), len(table)


def collect(refined: pd.DataFrame, count: int) -> pd.DataFrame:
    return refined.assign(count=count)


def create_pipeline(**kwargs) -> Pipeline:
    inner = Pipeline(
        [node(refine, ["table_pq", "params:factor"], ["refined_pq", "count"], name="refine")],
        namespace="inner",
        inputs="table_pq",
    )
    outer = Pipeline(
        [node(prepare, "weather_src", "table_pq", name="prepare"), *inner.nodes],
        namespace="outer",
        inputs="weather_src",
    )
    last = node(
        collect, ["outer.inner.refined_pq", "outer.inner.count"], "summary_csv", name="collect"
    )
    return outer + Pipeline([last])
