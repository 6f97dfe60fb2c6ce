"""Split the table, train a model on one part, and measure it on the other."""

from __future__ import annotations

from typing import Any

import pandas as pd
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LinearRegression
from sklearn.metrics import mean_absolute_error, r2_score
from sklearn.model_selection import train_test_split

TARGET = "seat_price"


def split_table(
    model_input: pd.DataFrame, split: dict[str, Any]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows to train on, and the rows to test with."""
    train_set, test_set = train_test_split(
        model_input, test_size=split["test_share"], random_state=split["seed"]
    )
    return train_set, test_set


def train_model(
    train_set: pd.DataFrame, options: dict[str, Any]
) -> LinearRegression | RandomForestRegressor:
    """Fit the kind of model that the options name, on the columns that they name."""
    if options["kind"] == "linear":
        model = LinearRegression()
    elif options["kind"] == "forest":
        model = RandomForestRegressor(
            n_estimators=options["trees"],
            max_depth=options["depth"],
            random_state=options["seed"],
        )
    else:
        raise ValueError(f"model_options.kind is {options['kind']!r}: use 'linear' or 'forest'")
    return model.fit(train_set[options["features"]], train_set[TARGET])


def evaluate_model(
    model: LinearRegression | RandomForestRegressor, test_set: pd.DataFrame
) -> tuple[pd.DataFrame, dict[str, float]]:
    """Predictions next to the true prices, and how far apart they are."""
    predicted = model.predict(test_set[list(model.feature_names_in_)])
    predictions = pd.DataFrame({"actual": test_set[TARGET].to_numpy(), "predicted": predicted})
    error = mean_absolute_error(predictions["actual"], predictions["predicted"])
    r2 = r2_score(predictions["actual"], predictions["predicted"])
    metrics = {"mean_absolute_error": round(float(error), 4), "r2": round(float(r2), 4)}
    return predictions, metrics
