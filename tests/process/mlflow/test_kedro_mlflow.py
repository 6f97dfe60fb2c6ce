"""kedro-mlflow's datasets and hook in steps: what one step logs, another one loads."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.kit.mlflow_environment import FOLDER, mlflow_program
from tests.kit.mlflow_runs import VARIABLES, logged_runs, rehearse_with_mlflow
from tests.kit.projects import make_project
from tests.kit.shell import run_kedro

REGISTRY = """\
    from kedro.pipeline import Pipeline, node
    from kedro_mlflow.pipeline import pipeline_ml_factory
    from sklearn.linear_model import LinearRegression

    def fit(slope):
        model = LinearRegression().fit([[1.0], [2.0]], [slope, 2 * slope])
        metrics = {"error": {"value": 0.25, "step": 1}}
        return model, 0.5, [1.0, 2.0], metrics

    def judge(model, score, history, metrics):
        return f"{model.predict([[3.0]])[0]:.1f} {score} {history} {sorted(metrics)}"

    def train(text):
        return LinearRegression().fit([[1.0], [2.0]], [1.0, 2.0])

    def predict(trained, text):
        return trained.predict([[3.0]])

    def register_pipelines():
        outputs = ["model", "score", "history", "metrics"]
        crossing = Pipeline([
            node(fit, "params:slope", outputs, name="fit"),
            node(judge, outputs, "answer", name="judge"),
        ])
        training = Pipeline([
            node(lambda answer: answer, "answer", "text", name="read"),
            node(train, "text", "trained", name="train"),
        ])
        inference = Pipeline([node(predict, ["trained", "text"], "predictions", name="predict")])
        served = pipeline_ml_factory(
            training=training, inference=inference, input_name="text",
            log_model_kwargs={"name": "served"},
        )
        return {"__default__": crossing, "served": served}
    """
CATALOG = """\
    model:
      type: kedro_mlflow.io.models.MlflowModelTrackingDataset
      flavor: mlflow.sklearn
      save_args: {name: model}
    score: {type: kedro_mlflow.io.metrics.MlflowMetricDataset}
    history: {type: kedro_mlflow.io.metrics.MlflowMetricHistoryDataset, key: history}
    metrics: {type: kedro_mlflow.io.metrics.MlflowMetricsHistoryDataset, prefix: all}
    answer: {type: text.TextDataset, filepath: data/answer.txt}
    text: {type: text.TextDataset, filepath: data/text.txt}
    trained: {type: pickle.PickleDataset, filepath: data/trained.pkl}
    """
# Names that are not the job's, and no address that could be reached: neither counts in a step.
MLFLOW_YML = """\
    server: {mlflow_tracking_uri: "http://127.0.0.1:1"}
    tracking: {experiment: {name: another}}
    """


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return make_project(
        tmp_path / "p",
        registry=REGISTRY,
        catalog=CATALOG,
        parameters="slope: 1.0",
        files={"conf/base/mlflow.yml": MLFLOW_YML, "data/answer.txt": "x"},
    )


def test_each_dataset_crosses_steps(project: Path) -> None:
    rehearse_with_mlflow(project, "--into-catalog")
    answer = (project / "data/answer.txt").read_text()
    assert answer == "3.0 0.5 [1.0, 2.0] ['all.error']"
    runs = logged_runs(project)
    assert set(runs) == {"minimal", "fit", "judge"}
    assert {run.status for run in runs.values()} == {"FINISHED"}
    assert runs["fit"].params == {"slope": "1.0"}
    for name in ("fit", "minimal"):
        assert runs[name].metrics == {"score": 0.5, "history": 2.0, "all.error": 0.25}


def test_a_pipeline_that_becomes_a_model_is_one_step(project: Path) -> None:
    python = mlflow_program()
    words = ("azureml", "compile", "--pipeline", "served")
    refused = run_kedro(project, *words, check=False, variables=VARIABLES, python=python)
    assert refused.returncode == 1
    assert "error KAZ331" in refused.stderr
    assert "--group-by pipeline" in refused.stderr
    rehearse_with_mlflow(project, "--pipeline", "served", "--group-by", "pipeline")
    (newest,) = (project / ".kedro_azureml/runs").iterdir()
    assert list(newest.glob("mlflow/artifacts/**/MLmodel"))


def test_runs_of_one_s_own(project: Path) -> None:
    """With `join: false`, mlflow.yml counts, and each dataset crosses steps all the same."""
    own = project.parent / "own.db"
    rehearse_with_mlflow(project, "--nodes", "fit", "--warm")
    runs = logged_runs(project)
    assert {name: run.status for name, run in runs.items()} == {
        "minimal": "FINISHED",
        "fit": "FINISHED",
    }
    assert runs["minimal"].metrics == runs["fit"].metrics
    (prepared,) = (FOLDER / "cache/kedro-azureml/mlflow").glob("*.db")
    shutil.copyfile(prepared, own)
    azureml = project / "conf/base/azureml.yml"
    azureml.write_text(f"{azureml.read_text()}  mlflow: {{join: false}}\n")
    (project / "conf/base/mlflow.yml").write_text(
        f"server: {{mlflow_tracking_uri: 'sqlite:///{own}'}}\n"
        "tracking: {experiment: {name: another, create_experiment_kwargs: "
        f"{{artifact_location: 'file://{project.parent}/artifacts'}}}}}}\n"
    )
    done = rehearse_with_mlflow(project, "--into-catalog")
    assert "Logged with MLflow" not in done.stdout
    assert (project / "data/answer.txt").read_text().startswith("3.0 0.5")
    with closing(sqlite3.connect(own)) as connection:
        found = connection.execute(
            "select e.name, r.status from runs r join experiments e using (experiment_id)"
        )
        assert found.fetchall() == [("another", "FINISHED")] * 2
