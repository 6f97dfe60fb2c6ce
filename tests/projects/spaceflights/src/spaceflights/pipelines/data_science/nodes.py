import logging

import pandas as pd
from sklearn.linear_model import LinearRegression
from sklearn.metrics import max_error, mean_absolute_error, r2_score
from sklearn.model_selection import train_test_split

logger = logging.getLogger(__name__)


def split_data(data: pd.DataFrame, options: dict, random_state: int) -> tuple:
    """Features and target, for training and for testing."""
    return train_test_split(
        data[options["features"]],
        data["price"],
        test_size=options["test_size"],
        random_state=random_state,
    )


def train_model(X_train: pd.DataFrame, y_train: pd.Series) -> LinearRegression:
    """Fit a linear model."""
    return LinearRegression().fit(X_train, y_train)


def evaluate_model(
    regressor: LinearRegression, X_test: pd.DataFrame, y_test: pd.Series
) -> tuple[dict[str, float], pd.Series]:
    """Measure the model on unseen shuttles."""
    y_pred = regressor.predict(X_test)
    score = r2_score(y_test, y_pred)
    logger.info("The model explains %.1f %% of the variance.", 100 * score)
    metrics = {
        "r2_score": round(score, 6),
        "mae": round(mean_absolute_error(y_test, y_pred), 6),
        "max_error": round(max_error(y_test, y_pred), 6),
    }
    return metrics, y_test - y_pred
