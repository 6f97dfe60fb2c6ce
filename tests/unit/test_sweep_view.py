"""The table, the page and the picture of a sweep."""

from __future__ import annotations

import csv
import json
import math
import os
import time
from pathlib import Path
from xml.etree import ElementTree

import pytest

from kedro_azureml.job.sweep import SweepError, SweepRow, Table
from kedro_azureml.sweep_view.files import write_files
from kedro_azureml.sweep_view.page import sweep_page
from kedro_azureml.sweep_view.picture import draw
from tests.kit.projects import REPOSITORY

PICTURE = REPOSITORY / "docs/images/sweep.svg"
HOSTILE = '</script><img src=x onerror=alert(1)>"\u202e\x1b[31m'


def table(rows: int = 12) -> Table:
    """What a sweep of two parameters could have measured."""
    made = [
        SweepRow(
            f"alpha={alpha},depth={depth}",
            (alpha, depth),
            "Completed",
            0.5 + depth,
            {
                "metrics.r2": 1 - (alpha - 0.2) ** 2 * 8 - (depth - 5) ** 2 / 40,
                "metrics.mae": alpha,
            },
        )
        for alpha in (0.1, 0.2, 0.4, 0.5)
        for depth in (3, 5, 8)
    ]
    return Table(("model.alpha", "model.depth"), made[:rows])


def test_the_picture_of_the_documentation_is_what_is_drawn() -> None:
    drawn = draw(table()) + "\n"
    if os.environ.get("UPDATE_PICTURES"):
        PICTURE.write_text(drawn, encoding="utf-8")
    assert PICTURE.read_text(encoding="utf-8") == drawn


def test_each_combination_is_a_line_or_a_point() -> None:
    lines = ElementTree.fromstring(draw(table()))
    assert len(lines.findall("{*}polyline")) == 12
    rows = [
        SweepRow(f"x={x}", (x,), "Completed", 1.0, {"loss": x * x} if x else {}) for x in range(5)
    ]
    points = ElementTree.fromstring(draw(Table(("x",), rows)))
    assert len(points.findall("{*}circle")) == 4


@pytest.mark.parametrize("measured", [(1e308, -1e308), (math.nan, math.inf), (1e308, 1.0)])
@pytest.mark.parametrize("parameters", [("x",), ("x", "y")])
def test_what_has_no_place_on_an_axis_is_in_the_table_alone(
    measured: tuple[float, float], parameters: tuple[str, ...]
) -> None:
    rows = [
        SweepRow(f"x={x}", (x,) * len(parameters), "Completed", 1.0, {"loss": loss})
        for x, loss in enumerate((*measured, 0.25, 0.75))
    ]
    drawn = draw(Table(parameters, rows))
    ElementTree.fromstring(drawn)
    # The ends of the axis are those of the numbers.
    assert ">0.75</text>" in drawn or ">1</text>" in drawn
    assert ">nan</text>" not in drawn
    page = sweep_page(Table(parameters, rows))
    assert f"<td>{measured[0]:.5g}</td>" in page


def test_the_page_of_many_combinations_and_metrics_is_soon_there() -> None:
    metrics = {f"metrics.m{number}": float(number) for number in range(100)}
    rows = [SweepRow(f"x={x}", (x,), "Completed", 1.0, metrics) for x in range(1_000)]
    begun = time.process_time()
    page = sweep_page(Table(("x",), rows))
    assert time.process_time() - begun < 5
    assert len(page) < 10_000_000


def test_nothing_measured_has_no_picture() -> None:
    rows = [SweepRow("x=1", (1,), "Failed", 0.0, {}, ("train",))]
    assert draw(Table(("x",), rows)) == ""
    assert "Failed" in sweep_page(Table(("x",), rows))


@pytest.mark.parametrize(
    "value", [HOSTILE, None, True, [1, "a"], {"a": HOSTILE}, 1e308, 10**400, ""]
)
def test_any_value_is_shown_and_drives_nothing(value: object, tmp_path: Path) -> None:
    rows = [SweepRow("x=number1", (value,), "Completed", 1.0, {HOSTILE: 1.0, "m": 2.0})]
    rows.append(SweepRow("x=2", (2,), "Completed", 1.0, {"m": -1e308}))
    made = Table((HOSTILE,), tuple(rows))
    page = sweep_page(made)
    assert "<img" not in page
    assert "\x1b" not in page
    assert "\u202e" not in page
    write_files(made, tmp_path / "a folder")
    assert Table.load(tmp_path / "a folder") == made
    with (tmp_path / "a folder/summary.csv").open(newline="", encoding="utf-8") as file:
        header, *_ = csv.reader(file)
    assert header == [HOSTILE, HOSTILE, "m", "seconds", "status"]


ROW = {"label": "", "values": [1], "status": "", "seconds": 1, "metrics": {}, "missing": []}
CHANGES: list[dict[str, object]] = [
    {"values": []},
    {"values": [1, 2]},
    {"seconds": math.nan},
    {"seconds": math.inf},
    {"metrics": {"m": "much"}},
]


@pytest.mark.parametrize(
    "text",
    [
        *("", "[]", '{"parameters": []}', '{"parameters": [], "rows": [1]}', "[" * 100_000),
        *(json.dumps({"parameters": ["x"], "rows": [{**ROW, **change}]}) for change in CHANGES),
    ],
)
def test_a_file_that_is_no_table_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "rows.json").write_text(text)
    with pytest.raises(SweepError, match=r"rows\.json cannot be read"):
        Table.load(tmp_path)
