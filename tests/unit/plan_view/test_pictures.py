"""The pictures in the how-to pages are what `plan --html` draws today."""

from __future__ import annotations

import json
import os
import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from kedro_azureml.compiler import Compilation
from kedro_azureml.config.models.tune import TuneConfig
from kedro_azureml.plan_view.graph import make_graph
from kedro_azureml.plan_view.page import render_page
from tests.kit.inprocess import compile_here
from tests.kit.projects import REPOSITORY, make_project

PICTURES = REPOSITORY / "docs/images"
STYLE = (
    "text { font: 13px system-ui, sans-serif; fill: #1c2430; } "
    "rect { fill: #ffffff; stroke-width: 2; } .small { fill: #5d6878; font-size: 11px; } "
    ".line { fill: none; stroke: #8a94a3; stroke-width: 1.6; }"
)
SHARDED = """\
from kedro.pipeline import Pipeline, node
from kedro_azureml.distributed import sharded


@sharded(by="partitions", shards=4)
def extract(photos):
    return {name: load() for name, load in photos.items()}


def train(features, *rest):
    return features


def register_pipelines():
    return {
        "__default__": Pipeline(
            [
                node(extract, "photos", "features", name="extract"),
                node(train, "features", "model", name="train"),
            ]
        )
    }
"""
PHOTOS = """\
photos: {type: partitions.PartitionedDataset, path: data/01/photos, dataset: json.JSONDataset}
features: {type: partitions.PartitionedDataset, path: data/02/photos, dataset: json.JSONDataset}
"""
TUNED = """\
    node(lambda n: n, "params:n", "features", name="prepare"),
    node(lambda f, alpha: f, ["features", "params:alpha"], "model", name="train"),
    node(lambda m: m, "model", "report", name="evaluate"),
"""


def shards(path: Path) -> Compilation:
    files = {"data/01/photos/a.json": "{}"}
    return compile_here(make_project(path, registry=SHARDED, catalog=PHOTOS, files=files))


def tune(path: Path) -> Compilation:
    wanted: dict[str, Any] = {
        "nodes": ["train"],
        "parameters": {"alpha": {"choice": [0.1, 0.2, 0.5]}},
        "objective": {"metric": "score", "goal": "maximize"},
    }
    project = make_project(path, TUNED, parameters="n: 1\nalpha: 0.1\n")
    return compile_here(project, tune=TuneConfig.model_validate(wanted))


@pytest.mark.parametrize("make", [shards, tune])
def test_a_picture_is_what_is_drawn(make: Any, tmp_path: Path) -> None:
    compilation = make(tmp_path / "photos")
    page = render_page(compilation, make_graph(compilation))
    drawn = picture(page)
    file = PICTURES / f"{make.__name__}.svg"
    if os.environ.get("UPDATE_PICTURES"):
        file.write_text(drawn, encoding="utf-8")
    assert file.read_text(encoding="utf-8") == drawn


def picture(page: str) -> str:
    """The graph of a page as a file of its own."""
    inside = re.search(r'<g id="view">\n(.*?)\n</g>\n</svg>', page, re.DOTALL)
    size = re.search(r'"width": ([0-9.]+), "height": ([0-9.]+)', unescape(page))
    assert inside
    assert size
    width, height = (json.loads(text) + 20 for text in size.groups())
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-10 -10 {width:g} {height:g}" '
        f'width="{width:g}"><style>{STYLE}</style>\n{inside[1]}\n</svg>\n'
    )
