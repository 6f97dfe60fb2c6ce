"""A start for the project's own tests."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pandas as pd
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project

PROJECT = Path(__file__).resolve().parents[1]
PACKAGE = bootstrap_project(PROJECT).package_name


def test_companies_are_cleaned():
    nodes = import_module(f"{PACKAGE}.pipelines.data_processing.nodes")
    raw = pd.DataFrame(
        {
            "company_id": [1, 2],
            "home_port": ["Tycho", None],
            "on_time": ["93 %", None],
            "licence": ["full", "provisional"],
        }
    )
    clean = nodes.clean_companies(raw)
    assert clean["on_time"].tolist()[0] == 0.93
    assert clean["licensed"].tolist() == [True, False]
    assert clean["home_port"].tolist() == ["Tycho", "unknown"]


def test_processing_gives_a_complete_table():
    with KedroSession.create(project_path=PROJECT) as session:
        session.run(to_outputs=["model_input"])
        table = session.load_context().catalog.load("model_input")
    assert len(table) > 50
    assert not table.isna().any().any()
