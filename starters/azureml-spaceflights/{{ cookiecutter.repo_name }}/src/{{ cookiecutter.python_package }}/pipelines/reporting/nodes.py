"""Pictures for people."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure


def plot_prices(baseline: pd.DataFrame, challenger: pd.DataFrame) -> Figure:
    """Predicted against actual prices, one panel for each candidate."""
    figure = Figure(figsize=(9, 4.5), layout="constrained")
    panels = figure.subplots(1, 2, sharex=True, sharey=True)
    for panel, title, table in zip(
        panels, ("baseline", "challenger"), (baseline, challenger), strict=True
    ):
        span = [table["actual"].min(), table["actual"].max()]
        panel.scatter(table["actual"], table["predicted"], s=18, alpha=0.7)
        panel.plot(span, span, color="grey", linewidth=1)
        panel.set(title=title, xlabel="actual price (cr)")
    panels[0].set_ylabel("predicted price (cr)")
    return figure
