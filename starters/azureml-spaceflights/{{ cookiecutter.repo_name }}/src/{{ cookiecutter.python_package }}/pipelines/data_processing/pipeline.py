"""The ``data_processing`` pipeline."""

from __future__ import annotations

from kedro.pipeline import Pipeline, node

from .nodes import build_model_input, clean_companies, clean_shuttles


def create_pipeline(**kwargs) -> Pipeline:
    return Pipeline(
        [
            node(clean_companies, "companies", "clean_companies", name="clean_companies"),
            node(clean_shuttles, "shuttles", "clean_shuttles", name="clean_shuttles"),
            node(
                build_model_input,
                ["clean_shuttles", "clean_companies", "reviews"],
                "model_input",
                name="build_model_input",
            ),
        ]
    )
