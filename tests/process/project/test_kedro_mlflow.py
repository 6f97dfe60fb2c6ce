"""Datasets of kedro-mlflow that load what their own run saved: together in a step, or refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kit.projects import make_project
from tests.kit.shell import run_kedro

pytest.importorskip("kedro_mlflow")
pytest.importorskip("sklearn")

REGISTRY = """\
    from kedro.pipeline import Pipeline, node
    from sklearn.linear_model import LinearRegression

    def fit():
        return LinearRegression().fit([[1.0], [2.0]], [1.0, 2.0]), 0.5

    def predict(model, score):
        return f"{model.predict([[3.0]])[0]:.1f} {score}"

    def register_pipelines():
        nodes = [
            node(fit, None, ["model", "score"], name="fit"),
            node(predict, ["model", "score"], "answer", name="predict"),
        ]
        return {"__default__": Pipeline(nodes)}
    """
CATALOG = """\
    model:
      type: kedro_mlflow.io.models.MlflowModelTrackingDataset
      flavor: mlflow.sklearn
      save_args: {name: model}
    score: {type: kedro_mlflow.io.metrics.MlflowMetricDataset, key: score}
    answer: {type: text.TextDataset, filepath: data/answer.txt}
    """
MLFLOW_YML = "tracking: {experiment: {name: exp}}\n"
STORE = {"MLFLOW_ALLOW_FILE_STORE": "true"}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    files = {"conf/base/mlflow.yml": MLFLOW_YML}
    return make_project(tmp_path / "p", registry=REGISTRY, catalog=CATALOG, files=files)


@pytest.mark.parametrize("command", [("compile",), ("run", "--local"), ("plan",)])
def test_between_two_steps_they_are_refused_with_the_remedy(
    command: tuple[str, ...], project: Path
) -> None:
    done = run_kedro(project, "azureml", *command, check=False, variables=STORE)
    assert done.returncode == 1, done.stdout + done.stderr
    for name in ("model", "score"):
        assert f"error KAZ304  catalog {name}" in done.stderr
    said = " ".join(done.stderr.split())
    assert "--group-by pipeline" in said
    assert "says where its data is" not in said


def test_the_remedy_gives_what_kedro_run_gives(project: Path) -> None:
    run_kedro(project, "run", variables=STORE)
    answer = (project / "data/answer.txt").read_text()
    assert answer == "3.0 0.5"
    (project / "data/answer.txt").unlink()
    words = ("run", "--local", "--into-catalog", "--group-by", "pipeline")
    run_kedro(project, "azureml", *words, variables=STORE)
    assert (project / "data/answer.txt").read_text() == answer
