from __future__ import annotations

from kedro.pipeline import Pipeline, node

from .nodes import make_all, read_all

MADE = (
    "csv",
    "excel",
    "parquet",
    "pickle",
    "json",
    "text",
    "image",
    "parts",
    "versioned",
    "cached",
    "cached_versioned",
    "increments",
)


def create_pipeline(**kwargs) -> Pipeline:
    made = {kind: f"made_{kind}" for kind in MADE} | {"awkward": "made_awkward_path"}
    return Pipeline(
        [
            node(
                make_all,
                [
                    "raw_csv",
                    "raw_excel",
                    "raw_parquet",
                    "raw_pickle",
                    "raw_json",
                    "raw_text",
                    "raw_image",
                    "raw_parts",
                    "raw_one_part",
                    "raw_rates",
                    "raw_cached",
                    "raw_increments",
                    "raw_awkward_path",
                ],
                made,
                name="make_all",
            ),
            node(read_all, made, "formats_report", name="read_all"),
        ]
    )
