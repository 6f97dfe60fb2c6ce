"""From three raw files to one table."""

from __future__ import annotations

import pandas as pd


def _number(column: pd.Series, unit: str) -> pd.Series:
    """``"1 250 cr"`` becomes ``1250.0``; an empty cell stays empty."""
    digits = column.astype("string").str.replace(unit, "", regex=False)
    return pd.to_numeric(digits.str.replace(" ", "", regex=False)).astype("float64")


def clean_companies(companies: pd.DataFrame) -> pd.DataFrame:
    """Read percentages as shares and licences as booleans."""
    return pd.DataFrame(
        {
            "company_id": companies["company_id"],
            "home_port": companies["home_port"].fillna("unknown"),
            "on_time": _number(companies["on_time"], "%") / 100,
            "licensed": companies["licence"] == "full",
        }
    )


def clean_shuttles(shuttles: pd.DataFrame) -> pd.DataFrame:
    """Strip the units, and make flags of yes and no."""
    return pd.DataFrame(
        {
            "shuttle_id": shuttles["shuttle_id"],
            "company_id": shuttles["company_id"],
            "hull": shuttles["hull"],
            "seats": shuttles["seats"],
            "engines": shuttles["engines"],
            "range_mkm": _number(shuttles["range"], "Mkm"),
            "cargo_t": _number(shuttles["cargo"], "t"),
            "refitted": shuttles["refitted"] == "yes",
            "seat_price": _number(shuttles["seat_price"], "cr"),
        }
    )


def build_model_input(
    clean_shuttles: pd.DataFrame, clean_companies: pd.DataFrame, reviews: pd.DataFrame
) -> pd.DataFrame:
    """One row for each shuttle of which everything is known."""
    table = clean_shuttles.merge(clean_companies, on="company_id").merge(reviews, on="shuttle_id")
    return table.dropna().sort_values("shuttle_id").reset_index(drop=True)
