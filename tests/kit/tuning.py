"""A project of which a part is tuned, compiled in this process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kedro_azureml.compiler import Compilation
from kedro_azureml.config.models.tune import TuneConfig
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError
from kedro_azureml.job.model import SweepStep
from kedro_azureml.job.step_record import StepRecord
from tests.kit.inprocess import compile_here
from tests.kit.projects import AZUREML_YML, make_project

REGISTRY = """
from kedro.pipeline import Pipeline, node
from kedro_azureml.distributed import Framework, distributed_job, sharded

def one(*args):
    return 1

def two(*args):
    return 1, 2

@distributed_job(Framework.PyTorch, num_nodes=2)
def spread(table, depth):
    return depth

def double(parts, depth):
    return {name: load() for name, load in parts.items()}

def register_pipelines():
    return {
        "sharded": Pipeline([
            node(sharded(by="parts", shards=2)(double), ["parts", "params:other"], "doubled",
                 name="shares"),
            node(sharded(by="parts", machines=2)(double), ["parts", "params:other"], "twice",
                 name="machines"),
        ]),
        "sized": Pipeline([
            node(one, ["raw", "params:nodes"], "table", name="prepare"),
            node(distributed_job(Framework.PyTorch, num_nodes="params:nodes")(one), "table", "big",
                 name="big"),
        ]),
        "__default__": Pipeline([
            node(one, "raw", "table", name="prepare"),
            node(two, ["table", "params:model"], ["model", "note"], name="train", tags="chunky"),
            node(one, ["model", "params:other"], "score", name="evaluate"),
            node(one, ["score", "note", "params:shared"], "report", name="use"),
        ]),
        "spread": Pipeline([
            node(one, "raw", "table", name="prepare"),
            node(spread, ["table", "params:model.depth"], "big", name="big"),
        ]),
        "hushed": Pipeline([node(one, "params:hidden", "h", name="hush")]),
        "spaced": Pipeline([
            node(one, "raw", "table", name="prepare"),
            node(one, ["table", "params:model"], "a_b", name="a", namespace="ml.deep"),
            node(one, ["a_b", "params:model"], "a_c", name="b", namespace="ml"),
        ]),
    }
"""
CATALOG = """\
raw: {type: text.TextDataset, filepath: data/raw.txt}
note: {type: text.TextDataset, filepath: data/note.txt}
report: {type: text.TextDataset, filepath: data/report.txt}
parts: {type: partitions.PartitionedDataset, path: data/parts, dataset: text.TextDataset}
doubled: {type: partitions.PartitionedDataset, path: data/doubled, dataset: text.TextDataset}
twice: {type: partitions.PartitionedDataset, path: data/twice, dataset: text.TextDataset}
"""
PARAMETERS = """
model: {alpha: 0.5, depth: 3, kinds: [a], flag: true, name: "x"}
hidden: "${azureml.secret:KEY}"
other: 1
shared: 1
nodes: 2
unread: 1
"""
OBJECTIVE = {"metric": "score", "goal": "maximize"}


def project(path: Path, catalog: str = CATALOG, azureml: str = AZUREML_YML) -> Path:
    files = {"data/raw.txt": "x", "data/parts/one": "x"}
    return make_project(
        path,
        registry=REGISTRY,
        catalog=catalog,
        parameters=PARAMETERS,
        files=files,
        azureml=azureml,
    )


def tune(parameters: dict[str, Any] | None = None, **changes: Any) -> TuneConfig:
    spaces = parameters or {"model.depth": {"choice": [3, 5]}}
    nodes = {"nodes": ["train"]} if not {"nodes", "tags", "namespace"} & changes.keys() else {}
    given = {"parameters": spaces, "objective": OBJECTIVE, **nodes, **changes}
    return TuneConfig.model_validate(given)


def compiled(path: Path, config: TuneConfig, **request: Any) -> Compilation:
    return compile_here(project(path), job="tuned", tune=config, **request)


def sweep(done: Compilation, name: str = "train") -> SweepStep:
    step = done.job.jobs[name]
    assert isinstance(step, SweepStep)
    return step


def record(step: SweepStep) -> StepRecord:
    found = step.component.record()
    assert found is not None
    return found


def refused(path: Path, config: TuneConfig, **request: Any) -> Diagnostic:
    with pytest.raises(DiagnosticError) as error:
        compiled(path, config, **request)
    (finding,) = [d for d in error.value.diagnostics if d.severity == "error"]
    return finding
