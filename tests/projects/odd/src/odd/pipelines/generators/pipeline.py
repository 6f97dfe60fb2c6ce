from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
from kedro.pipeline import Pipeline, node


def stream_rows() -> Iterator[tuple[pd.DataFrame, int]]:
    """A file that grows with every chunk; of the object in memory the last one stays."""
    for start in range(0, 6, 2):
        numbers = range(start, start + 2)
        yield pd.DataFrame({"number": numbers, "square": [n * n for n in numbers]}), start


def read_rows(rows: pd.DataFrame, last: int) -> dict[str, object]:
    return {"rows": rows.to_dict("list"), "last": last}


def create_pipeline(**kwargs) -> Pipeline:
    return Pipeline(
        [
            node(stream_rows, None, ["rows_appended", "last_start"], name="stream_rows"),
            node(read_rows, ["rows_appended", "last_start"], "rows_report", name="read_rows"),
        ]
    )
