"""A sweep of a sharded node."""

from __future__ import annotations

import json
from pathlib import Path

from tests.kit.projects import make_project
from tests.kit.shell import run_kedro
from tests.kit.sweep_project import results

SHARDED = """\
from kedro.pipeline import Pipeline, node
from kedro_azureml.distributed import sharded


@sharded(by="parts", shards=2)
def scale(parts, alpha):
    return {name: {"value": load()["value"] * alpha} for name, load in parts.items()}


def total(parts):
    return {"sum": sum(load()["value"] for load in parts.values())}


def register_pipelines():
    scaling = node(scale, ["parts", "params:alpha"], "scaled", name="scale")
    return {"__default__": Pipeline([scaling, node(total, "scaled", "total", name="total")])}
"""
PARTITIONED = """\
parts: {type: partitions.PartitionedDataset, path: data/01/parts, dataset: json.JSONDataset}
scaled: {type: partitions.PartitionedDataset, path: data/02/scaled, dataset: json.JSONDataset}
total: {type: json.JSONDataset, filepath: data/08/total.json}
"""


def test_the_shards_of_a_node_are_those_of_each_copy(tmp_path: Path) -> None:
    project = make_project(
        tmp_path / "p",
        registry=SHARDED,
        catalog=PARTITIONED,
        parameters="alpha: 0",
        files={f"data/01/parts/{n}.json": json.dumps({"value": n}) for n in range(1, 5)},
        azureml=None,
    )
    done = run_kedro(
        project, "azureml", "run", "--local", "--sweep", "alpha=1,10", "--max-concurrent", "1",
        "--into-catalog",
    )  # fmt: skip
    assert "2 combinations completed." in done.stdout
    assert results(project, "total") == {"alpha=1": {"sum": 10}, "alpha=10": {"sum": 100}}
    scaled = project.glob("data/02/scaled_sweep/alpha=10/scaled/*.json")
    assert {file.stem: json.loads(file.read_text())["value"] for file in scaled} == {
        "1": 10,
        "2": 20,
        "3": 30,
        "4": 40,
    }
