import pandas as pd
from spaceflights.pipelines.data_processing.nodes import preprocess_companies


def test_ratings_are_shares():
    raw = pd.DataFrame({"company_rating": ["85%"], "moon_licence": ["t"]})
    clean = preprocess_companies(raw)
    assert clean.loc[0, "company_rating"] == 0.85
    assert clean.loc[0, "moon_licence"]
