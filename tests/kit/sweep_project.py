"""A project that the tests of sweeps run over many values."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from kedro_azureml.job.model import BoundInput, PipelineJob
from kedro_azureml.job.yaml import load_job
from tests.kit.projects import make_project
from tests.kit.shell import run_kedro

REGISTRY = """\
import time

from kedro.pipeline import Pipeline, node
from kedro_azureml.distributed import Framework, distributed_job


def rows(n):
    return list(range(n))


def train(rows, alpha, noise):
    if alpha == "forever":
        time.sleep(3000)
    return {"alpha": alpha, "rows": len(rows), "noise": noise}


@distributed_job(Framework.PyTorch, 1, 2)
def train_on_two(rows, alpha, noise):
    return train(rows, alpha, noise)


def score(model):
    if model["alpha"] == 13:
        raise ValueError("no luck")
    return {"r2": model["alpha"] * model["rows"], "loss": float("nan")}


def pipeline(function):
    return Pipeline(
        [
            node(rows, "params:n", "rows", name="rows"),
            node(
                function, ["rows", "params:model.alpha", "params:noise"], "model", name="train"
            ),
            node(score, "model", "metrics", name="score"),
        ]
    )


def register_pipelines():
    return {"__default__": pipeline(train), "two": pipeline(train_on_two)}
"""
CATALOG = """\
model: {type: json.JSONDataset, filepath: data/06/model.json}
metrics: {type: json.JSONDataset, filepath: data/08/metrics.json}
"""
SWEEP = ("--sweep", "model.alpha=0.5,2")


def project_with(path: Path, **azure: Any) -> Path:
    """The project, with more in its azureml.yml."""
    section = {
        "resource_group": "rg",
        "workspace_name": "ws",
        "environment_name": "env@latest",
        "compute": {"__default__": {"cluster_name": "cpu"}},
        **azure,
    }
    return make_project(
        path,
        registry=REGISTRY,
        catalog=CATALOG,
        parameters=json.dumps({"n": 10, "noise": 0, "model": {"alpha": 0}}),
        azureml=json.dumps({"azure": section}),
    )


def results(project: Path, dataset: str = "model") -> dict[str, Any]:
    """What lies in the catalog, by its combination."""
    return {
        file.parent.name: json.loads(file.read_text())
        for file in project.glob(f"data/*/{dataset}/*/{dataset}.json")
    }


def waits(job: PipelineJob) -> int:
    """How many edges there are that carry no data."""
    return sum(
        name.startswith("after_") and not isinstance(value, BoundInput)
        for step in job.jobs.values()
        for name, value in step.inputs.items()
    )


def compiled(project: Path, *options: str) -> PipelineJob:
    run_kedro(project, "azureml", "compile", "-o", "job.yml", *options)
    return load_job(project / "job.yml")
