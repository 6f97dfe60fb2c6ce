from __future__ import annotations

import pandas as pd
from kedro.pipeline import Pipeline, node


def write_table(table: pd.DataFrame, text: str) -> pd.DataFrame:
    return table.assign(length=len(text))


def read_table(text: str, table: pd.DataFrame) -> dict[str, object]:
    return {"lines": text.splitlines(), "columns": list(table.columns)}


def create_pipeline(**kwargs) -> Pipeline:
    return Pipeline(
        [
            node(
                write_table,
                ["raw_table@pandas", "raw_table@text"],
                "table@pandas",
                name="write_table",
            ),
            node(
                read_table,
                ["table@text", "table@pandas"],
                "transcoded_report",
                name="read_table",
            ),
        ]
    )
