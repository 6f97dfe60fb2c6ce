"""The ``reporting`` pipeline."""

from __future__ import annotations

from kedro.pipeline import Pipeline, node

from .nodes import plot_prices


def create_pipeline(**kwargs) -> Pipeline:
    return Pipeline(
        [
            node(
                plot_prices,
                ["baseline_predictions", "challenger_predictions"],
                "price_plot",
                name="plot_prices",
            ),
        ]
    )
