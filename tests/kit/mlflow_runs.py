"""Rehearsals in the environment that has MLflow, and what is in their databases afterwards."""

from __future__ import annotations

import sqlite3
import subprocess
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from tests.kit.mlflow_environment import FOLDER, mlflow_program
from tests.kit.projects import copy_project
from tests.kit.shell import run_kedro

#: An empty database is made once and kept for all tests, as it is for all rehearsals of a user.
VARIABLES = {"XDG_CACHE_HOME": str(FOLDER / "cache")}


@dataclass(frozen=True)
class LoggedRun:
    """A run as MLflow's database has it."""

    id: str
    name: str
    status: str
    seconds: float
    parent: str | None
    metrics: dict[str, float]
    params: dict[str, str]
    tags: dict[str, str]


def rehearse_with_mlflow(
    project: Path, *arguments: str, check: bool = True
) -> subprocess.CompletedProcess[str]:
    """`kedro azureml run --local` where MLflow and kedro-mlflow are installed."""
    python = mlflow_program()
    words = ("azureml", "run", "--local", *arguments)
    return run_kedro(project, *words, check=check, variables=VARIABLES, python=python)


def database_of(project: Path) -> Path:
    """The database of the project's newest rehearsal, which is there if it was used."""
    newest = max((project / ".kedro_azureml/runs").iterdir())
    return newest / "mlflow/mlflow.db"


def logged_runs(project: Path) -> dict[str, LoggedRun]:
    """The runs of the project's newest rehearsal, by their names."""
    with closing(sqlite3.connect(database_of(project))) as connection:

        def rows(table: str, run: str) -> dict[str, str]:
            found = connection.execute(f"select key, value from {table} where run_uuid = ?", (run,))
            return dict(found.fetchall())

        runs = connection.execute("select run_uuid, name, status, end_time - start_time from runs")
        logged = []
        for run, name, status, took in runs.fetchall():
            tags = rows("tags", run)
            metrics = {key: float(value) for key, value in rows("latest_metrics", run).items()}
            parent = tags.get("mlflow.parentRunId")
            params = rows("params", run)
            logged.append(LoggedRun(run, name, status, took / 1000, parent, metrics, params, tags))
    assert len({run.name for run in logged}) == len(logged)
    return {run.name: run for run in logged}


_SPACEFLIGHTS = """\
regressor:
  type: kedro_mlflow.io.models.MlflowModelTrackingDataset
  flavor: mlflow.sklearn
  save_args: {name: regressor}

metrics:
  type: kedro_mlflow.io.metrics.MlflowMetricsHistoryDataset

capacity_table:
  type: kedro_mlflow.io.artifacts.MlflowArtifactDataset
  dataset:
    type: pandas.CSVDataset
    filepath: data/08_reporting/capacity_table.csv
    save_args: {index: true}

"""


def mlflow_spaceflights(path: Path) -> Path:
    """Copy the nine-node project, with kedro-mlflow's datasets and no mlflow.yml."""
    project = copy_project("spaceflights", path)
    catalog = project / "conf/base/catalog.yml"
    kept = [
        entry
        for entry in catalog.read_text().split("\n\n")
        if entry.partition(":")[0] not in ("regressor", "metrics", "capacity_table")
    ]
    catalog.write_text(_SPACEFLIGHTS + "\n\n".join(kept))
    nodes = project / "src/spaceflights/pipelines/data_science/nodes.py"
    text = nodes.read_text()
    as_logged = "{key: {'value': value, 'step': 1} for key, value in metrics.items()}"
    assert "return metrics, " in text
    nodes.write_text(text.replace("return metrics, ", f"return {as_logged}, "))
    return project
