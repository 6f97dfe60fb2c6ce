"""Parameters as inputs of a job: changed by `--set`, here and on Azure ML, and by a rerun."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kedro_azureml.job.yaml import load_job
from tests.kit.azureml.service import AzureService
from tests.kit.forking import ForkServer
from tests.kit.projects import make_project
from tests.kit.submission import Kedro, azureml_yml

pytest_plugins = ("tests.kit.azureml.fixtures", "tests.kit.fixtures")

# The node is given each parameter, and says which type it has.
REGISTRY = """
from kedro.pipeline import Pipeline, node

def described(*values):
    return [[type(value).__name__, value] for value in values]

def same(number):
    return number

def register_pipelines():
    names = [
        "model.depth", "model.share", "flag", "name", "empty", "columns", "model.nothing"
    ]
    look = node(described, [f"params:{name}" for name in names], "seen", name="look")
    return {"__default__": Pipeline([look, node(same, "params:number", "rest", name="other")])}
"""
PARAMETERS = """
model: {depth: 3, share: 0.5, nothing: null}
flag: true
name: "it's $HOME"
empty: ""
columns: [a, 1, {b: null}]
number: 1
"""
EXPOSED = "model.depth,model.share,flag,name,empty,columns,model.nothing"
AS_WRITTEN = [
    ["int", 3],
    ["float", 0.5],
    ["bool", True],
    ["str", "it's $HOME"],
    ["str", ""],
    ["list", ["a", 1, {"b": None}]],
    ["NoneType", None],
]
CHANGES = {
    "model.depth": ("7", ["int", 7]),
    "model.share": ("2", ["float", 2.0]),
    "flag": ("false", ["bool", False]),
    "name": ("", ["str", ""]),
    "empty": ('`id` "é" \'', ["str", '`id` "é" \'']),
    "columns": ("[{a: [1]}]", ["list", [{"a": [1]}]]),
    "model.nothing": ("5", ["int", 5]),
}
SET = [word for name, (text, _) in CHANGES.items() for word in ("--set", f"{name}={text}")]
AS_CHANGED = [value for _, value in CHANGES.values()]


@pytest.fixture
def kedro(azure_service: AzureService, tmp_path: Path, fork_server: ForkServer) -> Kedro:
    project = make_project(
        tmp_path / "project",
        registry=REGISTRY,
        catalog="seen: {type: json.JSONDataset, filepath: data/seen.json}",
        parameters=PARAMETERS,
        azureml=azureml_yml(azure_service),
    )
    azure_service.execution.mode = "real"
    return Kedro(azure_service, project, fork_server)


def seen(kedro: Kedro) -> object:
    return json.loads((kedro.project / "data/seen.json").read_text())


def test_all_types_on_azure_ml_and_in_a_rerun(kedro: Kedro) -> None:
    kedro("run", "--wait-for-completion", "--expose", EXPOSED)
    first = kedro.job
    kedro("job", "download", first, "--into-catalog")
    assert seen(kedro) == AS_WRITTEN
    kedro.service.gateway.seen.clear()
    kedro("job", "rerun", first, *SET)
    assert kedro.job != first
    asked = [r for r in kedro.service.gateway.seen if "/workspaces/" in r.path]
    # The second GET is the SDK's, for the workspace.
    assert [r.method for r in asked] == ["GET", "GET", "GET", "PUT"]
    kedro("job", "watch", kedro.job)
    kedro("job", "download", kedro.job, "--into-catalog", "--force")
    assert seen(kedro) == AS_CHANGED
    said = kedro.refused("KAZ107", "job", "rerun", first, "--set", "model.dept=7")
    assert "has no input 'model.dept' to set. Did you mean 'model.depth'?" in said
    assert "it is not a whole number" in kedro.refused(
        "KAZ107", "job", "rerun", first, "--set", "model.depth=x"
    )
    assert "no mapping in the place of a list" in kedro.refused(
        "KAZ107", "job", "rerun", first, "--set", "columns={a: 1}"
    )
    kedro.refused("KAZ710", "job", "rerun", "no-such-job")


def test_set_of_a_submission(kedro: Kedro) -> None:
    kedro("run", "--wait-for-completion", "--expose", EXPOSED, *SET)
    kedro("job", "download", kedro.job, "--into-catalog")
    assert seen(kedro) == AS_CHANGED


def test_a_compiled_file_is_rehearsed_with_other_values(kedro: Kedro) -> None:
    kedro("compile", "--expose", EXPOSED)
    job = load_job(kedro.project / "pipeline.yml")
    assert set(job.jobs["look"].inputs) == set(job.inputs)
    assert job.jobs["other"].inputs == {}
    kedro("run", "--local", "-f", "pipeline.yml", "--into-catalog")
    assert seen(kedro) == AS_WRITTEN
    kedro("run", "--local", "-f", "pipeline.yml", "--into-catalog", *SET)
    assert seen(kedro) == AS_CHANGED
    said = kedro.refused("KAZ107", "run", "--local", "-f", "pipeline.yml", "--set", "number=2")
    assert "becomes an input by 'compile --expose number'" in said


def test_the_file_of_settings_names_them(kedro: Kedro) -> None:
    file = kedro.project / "conf/base/azureml.yml"
    jobs = "  jobs: {deep: {parameters: {model: {depth: 9}}, job_inputs: [model.share]}}\n"
    file.write_text(file.read_text() + f"  job_inputs: [model.depth]\n{jobs}")
    kedro("compile", "-j", "deep")
    job = load_job(kedro.project / "deep.yml")
    assert job.inputs == {"model_depth": 9, "model_share": 0.5}
    # Else it would come before the input.
    assert "--params" not in job.jobs["look"].component.command
    kedro("run", "--local", "-j", "deep", "--into-catalog", "--set", "model_depth=4")
    assert seen(kedro)[:2] == [["int", 4], ["float", 0.5]]  # type: ignore[index]


def test_texts_that_look_like_something_else(kedro: Kedro) -> None:
    """A date that no calendar has, and a reference that is none, are the texts that they are."""
    (kedro.project / "conf/base/parameters.yml").write_text(
        "model: {depth: '0000-00-00', share: 'a \\${x} b', nothing: {a: ['\\${y}']}}\n"
        "flag: 1\nname: 1\nempty: 1\ncolumns: 1\nnumber: 1\n"
    )
    exposed = ("--expose", "model.depth,model.share,model.nothing")
    kedro("run", "--local", *exposed, "--into-catalog")
    values = seen(kedro)
    assert isinstance(values, list)
    assert values[:2] == [["str", "0000-00-00"], ["str", "a ${x} b"]]
    assert values[-1] == ["dict", {"a": ["${y}"]}]
