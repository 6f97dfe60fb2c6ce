"""A tuned step in a rehearsal: its trials really run, and the best one's outputs go on."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.kit.mlflow_environment import mlflow_program
from tests.kit.mlflow_runs import VARIABLES, logged_runs, rehearse_with_mlflow
from tests.kit.projects import AZUREML_YML, make_project
from tests.kit.shell import environment, run_kedro
from tests.kit.waiting import PATIENCE, wait_until

REGISTRY = """\
    import os
    import time

    from kedro.pipeline import Pipeline, node


    def prepare(raw):
        return [int(word) for word in raw.split()]


    def train(table, alpha, depth, mode):
        import mlflow

        print("TRIAL", alpha, depth, type(depth).__name__, os.environ.get("COLOUR"))
        if mode == "sleep" and depth == 3:
            time.sleep(600)
        if mode == "mixed":
            mode = {5: "fail", 4: "silent", 6: "nan"}.get(depth, "plain")
        if mode == "fail":
            raise ValueError(f"no model of depth {depth}")
        if mode != "silent":
            for value in 100.0, {"tie": 1.0, "nan": float("nan")}.get(mode, depth * alpha):
                mlflow.log_metric("score", value)
        return {"alpha": alpha, "depth": depth}, f"depth {depth} alpha {alpha}"


    def use(model, note):
        return f"{model['depth']} {model['alpha']} of {note}"


    def register_pipelines():
        parameters = ["params:model.alpha", "params:model.depth", "params:mode"]
        return {"__default__": Pipeline([
            node(prepare, "raw", "table", name="prepare"),
            node(train, ["table", *parameters], ["model", "note"], name="train"),
            node(use, ["model", "note"], "report", name="use"),
        ])}
"""
CATALOG = """\
raw: {type: text.TextDataset, filepath: data/raw.txt}
note: {type: text.TextDataset, filepath: data/note.txt}
report: {type: text.TextDataset, filepath: data/report.txt}
"""
# It is imported in every step, for seconds; one test has it.
_SETTINGS = 'DISABLE_HOOKS_FOR_PLUGINS = ("kedro_mlflow", "kedro-mlflow")\n'
GRID = {"model.alpha": {"choice": [0.1, 0.5]}, "model.depth": {"choice": [3, 5]}}
# Each trial imports MLflow, for seconds.
TWO = {"model.depth": {"choice": [5, 3]}}


def project(path: Path, **tune: Any) -> Path:
    section = {
        "nodes": ["train"],
        "parameters": GRID,
        "objective": {"metric": "score", "goal": "maximize"},
        **tune,
    }
    jobs = {"tuned": {"tune": section}}
    return make_project(
        path,
        registry=REGISTRY,
        catalog=CATALOG,
        parameters="{model: {alpha: 0.9, depth: 9}, mode: plain}",
        files={"data/raw.txt": "1 2 3", "src/minimal/settings.py": _SETTINGS},
        azureml=f"{AZUREML_YML}  jobs: {json.dumps(jobs)}\n",
    )


def rehearsed(
    made: Path, *words: str, mode: str = "plain", check: bool = True
) -> subprocess.CompletedProcess[str]:
    given = ("-j", "tuned", "--params", f"mode={mode}", "--env-var", "COLOUR=it's ${{red}}")
    return rehearse_with_mlflow(made, *given, *words, check=check)


def report(made: Path) -> dict[str, Any]:
    newest = max((made / ".kedro_azureml/runs").iterdir())
    read: dict[str, Any] = json.loads((newest / "report.json").read_text())
    return read


def trials(made: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = report(made)["steps"]["train"]["tuning"]["trials"]
    return found


@pytest.mark.timeout(600)
def test_the_best_trial_goes_on(tmp_path: Path) -> None:
    made = project(tmp_path)
    (made / "src/minimal/settings.py").write_text("")
    done = rehearsed(made, "--into-catalog", "--follow-logs")
    assert (made / "data/report.txt").read_text() == "5 0.5 of depth 5 alpha 0.5"
    assert (made / "data/note.txt").read_text() == "depth 5 alpha 0.5"
    told = [(t["parameters"], t["metric"], t["best"]) for t in trials(made)]
    assert told == [
        ({"model.alpha": "0.1", "model.depth": "3"}, pytest.approx(0.3), False),
        ({"model.alpha": "0.1", "model.depth": "5"}, 0.5, False),
        ({"model.alpha": "0.5", "model.depth": "3"}, 1.5, False),
        ({"model.alpha": "0.5", "model.depth": "5"}, 2.5, True),
    ]
    assert "Trials of 'train', to maximize score:" in done.stdout
    (best,) = [line for line in done.stdout.splitlines() if line.endswith("best")]
    assert best.split()[:5] == ["3", "0.5", "5", "2.5", "Completed"]
    assert "train | TRIAL 0.1 3 int it's ${{red}}" in done.stdout
    runs = logged_runs(made)
    step = runs["train"]
    assert step.parent == runs["tuned"].id
    for number in range(4):
        trial = runs[f"train/trials/{number}"]
        assert (trial.parent, trial.status) == (step.id, "FINISHED")
        assert trial.tags["mlflow.rootRunId"] == runs["tuned"].id
    # Which trial's it would be is chance.
    assert "score" not in runs["tuned"].metrics


@pytest.mark.timeout(600)
def test_a_dataset_of_kedro_mlflow_is_the_metric(tmp_path: Path) -> None:
    """What follows reads the metric of the best trial's run."""
    made = project(tmp_path, parameters={"model.depth": {"choice": [3, 5, 4]}})
    (made / "src/minimal/settings.py").write_text("")
    registry = made / "src/minimal/pipeline_registry.py"
    returned = 'return {"alpha": alpha, "depth": depth}, float(depth)'
    before = 'return {"alpha": alpha, "depth": depth}, f"depth {depth} alpha {alpha}"'
    registry.write_text(registry.read_text().replace(before, returned))
    kept = "{type: kedro_mlflow.io.metrics.MlflowMetricDataset, key: score}"
    catalog = made / "conf/base/catalog.yml"
    plain = "{type: text.TextDataset, filepath: data/note.txt}"
    catalog.write_text(catalog.read_text().replace(plain, kept))
    rehearsed(made, "--into-catalog", mode="silent")
    assert [trial["metric"] for trial in trials(made)] == [3.0, 5.0, 4.0]
    assert (made / "data/report.txt").read_text() == "5 0.9 of 5.0"


@pytest.mark.timeout(600)
def test_of_equally_good_trials_the_first(tmp_path: Path) -> None:
    made = project(tmp_path, parameters=TWO)
    rehearsed(made, "--into-catalog", mode="tie")
    assert [trial["best"] for trial in trials(made)] == [True, False]
    assert (made / "data/note.txt").read_text() == "depth 5 alpha 0.9"


@pytest.mark.timeout(600)
def test_a_trial_without_a_metric_does_not_win(tmp_path: Path) -> None:
    made = project(tmp_path, parameters={"model.depth": {"choice": [6, 5, 3, 4]}})
    done = rehearsed(made, "--cold", mode="mixed")
    nan, failed, best, silent = trials(made)
    assert [t["best"] for t in (nan, failed, best, silent)] == [False, False, True, False]
    for trial, status, reason in (
        (nan, "Completed", "logged NaN as the metric 'score'"),
        (failed, "Failed", "exited with code 1"),
        (silent, "Completed", "did not log the metric 'score'"),
    ):
        assert (trial["status"], trial["reason"]) == (status, reason)
        assert reason in done.stdout


@pytest.mark.timeout(600)
def test_all_trials_failed(tmp_path: Path) -> None:
    made = project(tmp_path, parameters=TWO)
    done = rehearsed(made, mode="fail", check=False)
    assert done.returncode == 1
    assert "ValueError: no model of depth 5, in node 'train'." in done.stderr
    said = " ".join(done.stderr.split())
    assert "has no best trial: all of its 2 trials did not complete" in said
    steps = report(made)["steps"]
    assert (steps["train"]["status"], steps["use"]["status"]) == ("Failed", "NotStarted")
    assert steps["train"]["log"].startswith("steps/train/trials/0/")


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("metric", "mode", "words"),
    [
        ("scores", "plain", "none of them logged the metric 'scores'; they logged 'score'"),
        ("score", "nan", "none of them logged a number as the metric 'score'"),
    ],
)
def test_no_trial_with_the_metric(tmp_path: Path, metric: str, mode: str, words: str) -> None:
    made = project(tmp_path, parameters=TWO, objective={"metric": metric, "goal": "minimize"})
    done = rehearsed(made, mode=mode, check=False)
    assert f"has no best trial: {words}" in " ".join(done.stderr.split())


@pytest.mark.timeout(600)
def test_a_trial_that_takes_too_long(tmp_path: Path) -> None:
    made = project(tmp_path, limits={"trial_timeout": 30, "max_concurrent_trials": 2})
    rehearsed(made, mode="sleep")
    statuses = [trial["status"] for trial in trials(made)]
    assert statuses == ["Canceled", "Completed", "Canceled", "Completed"]
    assert "ran longer than its limit of 30 s" in trials(made)[0]["reason"]
    assert trials(made)[3]["best"]


@pytest.mark.timeout(600)
def test_what_azure_does_differently_is_said(tmp_path: Path) -> None:
    spaces = {"model.alpha": {"uniform": [0, 1]}, "model.depth": {"choice": [3, 5]}}
    made = project(
        tmp_path,
        parameters=spaces,
        sampling="bayesian",
        limits={"max_total_trials": 200},
        early_termination={"type": "median_stopping", "evaluation_interval": 1},
    )
    done = rehearsed(made, "--max-trials", "2")
    assert "'train' has up to 200 trials; 2 of them are rehearsed" in done.stdout
    assert "bayesian sampling is rehearsed as random sampling" in done.stdout
    assert "Azure ML may end trials early (median_stopping)" in done.stdout
    first = [trial["parameters"] for trial in trials(made)]
    rehearsed(made, "--max-trials", "1")
    # Drawn the same each time.
    assert [trial["parameters"] for trial in trials(made)] == first[:1]


@pytest.mark.timeout(600)
@pytest.mark.parametrize("way", [(), ("--cold",)], ids=["forked", "cold"])
def test_trials_get_secrets(tmp_path: Path, way: tuple[str, ...]) -> None:
    made = project(tmp_path, parameters={"model.depth": {"choice": [3]}})
    yml = made / "conf/base/azureml.yml"
    yml.write_text(f"{yml.read_text()}  secrets: {{names: [TOKEN]}}\n")
    (made / ".env").write_text("TOKEN=s3ntinel-value\n")
    registry = made / "src/minimal/pipeline_registry.py"
    looked = registry.read_text().replace(
        'os.environ.get("COLOUR")', 'len(os.environ["TOKEN"]), os.environ["COLOUR"]'
    )
    registry.write_text(looked)
    done = rehearsed(made, "--follow-logs", *way)
    assert "TRIAL 0.9 3 int 14 it's ${{red}}" in done.stdout


@pytest.mark.timeout(600)
def test_interrupted(tmp_path: Path) -> None:
    """All trials end with the step, and none begins any more."""
    made = project(tmp_path, limits={"max_concurrent_trials": 1})
    words = ("azureml", "run", "--local", "-j", "tuned", "--params", "mode=sleep")
    process = subprocess.Popen(
        [str(mlflow_program()), "-m", "kedro", *words],
        cwd=made,
        env=environment(**VARIABLES),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    pattern = ".kedro_azureml/runs/*/steps/train/trials/0/user_logs/std_log.txt"

    def begun() -> bool:
        return any("TRIAL" in log.read_text() for log in made.glob(pattern))

    try:
        wait_until(begun)
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 130
    finally:
        process.kill()
    assert [trial["status"] for trial in trials(made)] == ["Canceled", *["NotStarted"] * 3]
    assert report(made)["steps"]["train"]["status"] == "Canceled"


@pytest.mark.timeout(600)
def test_a_compiled_file(tmp_path: Path) -> None:
    """With two of three machines' worth of room, and a limit for all trials together."""
    made = project(tmp_path, limits={"timeout": 30, "max_concurrent_trials": 2})
    variables = ("--env-var", "COLOUR=red", "--params", "mode=sleep")
    run_kedro(made, "azureml", "compile", "-j", "tuned", *variables)
    done = rehearse_with_mlflow(made, "-f", "tuned.yml", check=False)
    assert done.returncode == 1
    step = report(made)["steps"]["train"]
    assert (step["status"], step["timed_out"]) == ("Canceled", True)
    assert "ran longer than its limit of 30 s" in step["reason"]


@pytest.mark.timeout(300)
def test_without_mlflow(tmp_path: Path) -> None:
    """The tests' own environment has none."""
    made = project(tmp_path)
    done = run_kedro(made, "azureml", "run", "--local", "-j", "tuned", check=False)
    assert done.returncode == 1
    assert "KAZ608" in done.stderr
    assert "pip install mlflow" in done.stderr
