import pandas as pd


def _to_share(text: pd.Series) -> pd.Series:
    return text.str.rstrip("%").astype(float) / 100


def _to_amount(text: pd.Series) -> pd.Series:
    return text.str.lstrip("$").str.replace(",", "").astype(float)


def preprocess_companies(companies: pd.DataFrame) -> pd.DataFrame:
    """Turn ratings into shares and licences into booleans."""
    companies["company_rating"] = _to_share(companies["company_rating"])
    companies["moon_licence"] = companies["moon_licence"] == "t"
    return companies


def preprocess_shuttles(shuttles: pd.DataFrame) -> pd.DataFrame:
    """Turn prices into numbers and inspections into booleans."""
    shuttles["price"] = _to_amount(shuttles["price"])
    shuttles["inspected"] = shuttles["inspected"] == "t"
    return shuttles


def create_model_input_table(
    shuttles: pd.DataFrame, companies: pd.DataFrame, reviews: pd.DataFrame
) -> pd.DataFrame:
    """Join the three tables, and keep the rows that are complete."""
    rated = shuttles.merge(reviews, left_on="id", right_on="shuttle_id").drop(columns="id")
    table = rated.merge(companies, left_on="company_id", right_on="id").drop(columns="id")
    return table.dropna()
