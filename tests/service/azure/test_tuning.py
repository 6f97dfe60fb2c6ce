"""A tuned step through the unmodified SDK: real trials, a metric, and the best one's outputs."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.kit.azureml.jobs.jobs import Run
from tests.kit.azureml.runner.sampling import samples
from tests.kit.azureml.service import AzureService
from tests.kit.projects import make_project
from tests.kit.submission import Kedro, azureml_yml

pytest_plugins = ("tests.kit.azureml.fixtures", "tests.kit.fixtures")

# The trial of depth 9 fails, and that of depth 1 logs nothing.
REGISTRY = """
import os
from kedro.pipeline import Pipeline, node

def prepare(raw):
    return int(raw)

def train(table, depth, kinds, flag):
    import mlflow

    if depth == 9:
        raise ValueError("no such depth")
    if depth > 1:
        mlflow.log_metric("score", depth * len(kinds))
    print("TRIAL", [f"{type(depth).__name__} {depth}"])
    colour = os.environ["COLOUR"]
    return f"{type(depth).__name__} {depth} {kinds} {flag} {colour}", table

def use(model, note):
    return f"used {model}"

def register_pipelines():
    names = ["params:model.depth", "params:model.kinds", "params:model.flag"]
    return {"__default__": Pipeline([
        node(prepare, "raw", "table", name="prepare"),
        node(train, ["table", *names], ["model", "note"], name="train"),
        node(use, ["model", "note"], "report", name="use"),
    ])}
"""
CATALOG = """\
raw: {type: text.TextDataset, filepath: data/raw.txt}
model: {type: text.TextDataset, filepath: data/model.txt}
report: {type: text.TextDataset, filepath: data/report.txt}
"""
# It is imported in every step, for seconds.
SETTINGS = 'DISABLE_HOOKS_FOR_PLUGINS = ("kedro_mlflow", "kedro-mlflow")\n'
KINDS = ["it's $[[a]] $HOME", '"b"']
SPACES = {
    "model.depth": {"choice": [1, 3, 5, 9]},
    "model.kinds": {"choice": [KINDS]},
    "model.flag": {"choice": [True]},
}
COLOUR = "it's ${{red}} $HOME"


@pytest.fixture
def kedro(azure_service: AzureService, tmp_path: Path) -> Kedro:
    return Kedro(azure_service, project(azure_service, tmp_path / "project"))


def project(service: AzureService, path: Path, **tune: Any) -> Path:
    section = {
        "nodes": ["train"],
        "parameters": SPACES,
        "objective": {"metric": "score", "goal": "maximize"},
        "limits": {"max_concurrent_trials": 2, "trial_timeout": 600, "timeout": 3600},
        "early_termination": {"type": "bandit", "slack_factor": 0.5, "evaluation_interval": 1},
        **tune,
    }
    jobs = json.dumps({"tuned": {"tune": section}})
    return make_project(
        path,
        registry=REGISTRY,
        catalog=CATALOG,
        parameters="model: {depth: 2, kinds: [], flag: false}",
        files={"data/raw.txt": "1", "src/minimal/settings.py": SETTINGS},
        azureml=f"{azureml_yml(service)}  jobs: {jobs}\n",
    )


def submitted(kedro: Kedro, *words: str, check: bool = True) -> Run:
    kedro("run", "-j", "tuned", "--env-var", f"COLOUR={COLOUR}", *words, check=check)
    return kedro.service.jobs.runs[kedro.job]


@pytest.mark.timeout(900)
def test_the_best_trial_goes_on(kedro: Kedro) -> None:
    kedro.service.mlflow.start()
    run = submitted(kedro, "--wait-for-completion")
    assert run.status == "Completed", [c.error for c in run.children.values()]
    node = run.children["train"].definition
    assert node["type"] == "sweep"
    assert "environment_variables" not in node
    assert node["early_termination"]["slack_factor"] == 0.5
    trials = run.children["train"].children.values()
    assert Counter(trial.status for trial in trials) == {"Completed": 3, "Failed": 1}
    best = next(t for t in trials if t.id == run.children["train"].properties["best_child_run_id"])
    assert kedro.service.mlflow.metrics(best.id) == {"score": 10.0}
    assert kedro.service.mlflow.metrics(kedro.job) == {}

    expected = f"used int 5 {KINDS} True {COLOUR}"
    kedro("job", "download", kedro.job, "--into-catalog")
    assert (kedro.project / "data/report.txt").read_text() == expected
    assert (kedro.project / "data/model.txt").read_text() == expected.removeprefix("used ")
    shown = kedro.json("job", "show", kedro.job)
    assert {step["name"]: step["status"] for step in shown["steps"]} == dict.fromkeys(
        ("prepare", "train", "use"), "Completed"
    )
    told = shown["steps"][1]["tuning"]
    assert (told["metric"], told["goal"], len(told["trials"])) == ("score", "maximize", 4)
    assert [trial["name"] for trial in told["trials"] if trial["best"]] == ["train_2"]
    for words in (("show",), ("watch",)):
        lines = kedro("job", *words, kedro.job).stdout.splitlines()
        assert "Trials of 'train', to maximize score:" in lines
        (line,) = [line for line in lines if line.endswith("best")]
        assert line.split()[:2] == ["train_2", "Completed"]
    # A sweep step has no log of its own; this is that of its best trial.
    assert "'int 5'" in kedro("job", "logs", kedro.job, "train").stdout
    assert [job["status"] for job in kedro.json("job", "list")] == ["Completed"]


@pytest.mark.timeout(600)
def test_no_trial_with_the_metric(azure_service: AzureService, tmp_path: Path) -> None:
    objective = {"metric": "scores", "goal": "minimize"}
    spaces = {"model.depth": {"choice": [3]}}
    made = project(azure_service, tmp_path / "project", objective=objective, parameters=spaces)
    kedro = Kedro(azure_service, made)
    azure_service.mlflow.start()
    run = submitted(kedro, "--wait-for-completion", check=False)
    assert (run.status, run.children["use"].status) == ("Failed", "NotStarted")
    assert "logged the metric 'scores'" in str(run.children["train"].error)


@pytest.mark.timeout(600)
def test_all_trials_fail(azure_service: AzureService, tmp_path: Path) -> None:
    made = project(azure_service, tmp_path / "project", parameters={"model.depth": {"choice": [9]}})
    kedro = Kedro(azure_service, made)
    azure_service.mlflow.start()
    said = kedro.refused("KAZ711", "run", "-j", "tuned", "--wait-for-completion")
    assert "ValueError: no such depth, in node 'train'" in said


@pytest.mark.timeout(300)
def test_what_is_compiled_is_what_the_sdk_takes(kedro: Kedro) -> None:
    """Also from the file: with the same components, and the same search."""
    kedro.service.execution.mode = "held"
    run = submitted(kedro)
    kedro("compile", "-j", "tuned", "--env-var", f"COLOUR={COLOUR}")
    kedro("run", "-f", "tuned.yml")
    again = kedro.service.jobs.runs[kedro.job]
    assert again.id != run.id
    assert again.definition["jobs"] == run.definition["jobs"]


@pytest.mark.timeout(300)
def test_hostile_names_and_random_values(azure_service: AzureService, tmp_path: Path) -> None:
    """Every kind of space reaches the service as it was meant; it is not run."""
    name = "mödel.it's $HOME"
    spaces = {
        name: {"loguniform": [1, 7.38905609893065]},
        "model.depth": {"quniform": [2, 10, 2]},
        "model.flag": {"choice": [True, False]},
    }
    made = project(
        azure_service,
        tmp_path / "project",
        parameters=spaces,
        limits={"max_total_trials": 7},
        seed=3,
        early_termination={"type": "truncation_selection", "truncation_percentage": 20},
    )
    registry = made / "src/minimal/pipeline_registry.py"
    registry.write_text(registry.read_text().replace("params:model.kinds", f"params:{name}"))
    parameters = made / "conf/base/parameters.yml"
    parameters.write_text(f'{parameters.read_text()}\nmödel: {{"it\'s $HOME": 1.0}}\n')
    yml = made / "conf/base/azureml.yml"
    more = "cluster_name: cpu-cluster\n      shm_size: 8g\n      environment_variables: {A: b}"
    yml.write_text(yml.read_text().replace("cluster_name: cpu-cluster", more))
    kedro = Kedro(azure_service, made)
    azure_service.execution.mode = "held"
    kedro("run", "-j", "tuned")
    node = azure_service.jobs.runs[kedro.job].definition["jobs"]["train"]
    assert node["sampling_algorithm"] == {"type": "random", "seed": 3}
    assert node["resources"]["shm_size"] == "8g"
    assert node["limits"]["max_total_trials"] == 7
    assert node["early_termination"]["truncation_percentage"] == 20
    assert set(node["search_space"]) == {"model_depth", "model_flag", "model_it_s__home"}
    drawn = samples({**node, "search_space": node["search_space"]})
    assert len(drawn) == 7
    assert all(1 <= values["model_it_s__home"] <= 7.4 for values in drawn)
    assert all(values["model_depth"] in (2, 4, 6, 8, 10) for values in drawn)


@pytest.mark.timeout(900)
def test_trials_read_secrets(azure_service: AzureService, tmp_path: Path) -> None:
    """Their names and the vault's address are variables, which Azure ML would drop."""
    azure_service.workspace.add_compute("cpu-cluster", identity="system")
    identity = azure_service.workspace.identities["cpu-cluster"]
    azure_service.vault.grant(identity, "Key Vault Secrets User")
    made = project(azure_service, tmp_path / "project", parameters={"model.depth": {"choice": [3]}})
    yml = made / "conf/base/azureml.yml"
    yml.write_text(f"{yml.read_text()}  secrets: {{names: [API_KEY]}}\n")
    (made / ".env").write_text("API_KEY=s3ntinel-value\n")
    ignored = made / ".amlignore"
    ignored.write_text(f"{ignored.read_text()}.env\n")
    registry = made / "src/minimal/pipeline_registry.py"
    read = 'print("KEY", len(os.environ["API_KEY"]))'
    registry.write_text(
        registry.read_text().replace("    import mlflow", f"    import mlflow\n    {read}")
    )
    azure_service.mlflow.start()
    kedro = Kedro(azure_service, made)
    kedro("secrets", "push", ".env", "--yes")
    run = submitted(kedro, "--wait-for-completion")
    assert run.status == "Completed"
    assert "KEY 14" in kedro("job", "logs", kedro.job, "train").stdout
    assert "s3ntinel" not in json.dumps(run.definition)
