import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import pandas as pd


def tabulate_capacity(preprocessed_shuttles: pd.DataFrame) -> pd.DataFrame:
    """Mean capacity and price of each type of shuttle."""
    return preprocessed_shuttles.groupby("shuttle_type")[["passenger_capacity", "price"]].mean()


def plot_capacity(capacity_table: pd.DataFrame) -> plt.Figure:
    """A bar for each type of shuttle."""
    figure, axes = plt.subplots(figsize=(6, 4))
    axes.bar(capacity_table["shuttle_type"], capacity_table["passenger_capacity"])
    axes.set_ylabel("passengers")
    plt.close(figure)
    return figure


def plot_residuals(residuals: pd.Series) -> plt.Figure:
    """How far the model is off."""
    figure, axes = plt.subplots(figsize=(6, 4))
    axes.hist(residuals, bins=12)
    axes.set_xlabel("price minus prediction")
    plt.close(figure)
    return figure
