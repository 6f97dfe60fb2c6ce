"""A component in a node's place, rehearsed and as a job, as docs/how-to/components.md has it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.kit.azureml.sdk import Sdk
from tests.kit.azureml.service import AzureService
from tests.kit.forking import ForkServer
from tests.kit.projects import AZUREML_YML, make_project
from tests.kit.shell import run_kedro
from tests.kit.submission import Kedro, azureml_yml

pytest_plugins = ("tests.kit.azureml.fixtures", "tests.kit.fixtures")

_REGISTRY = """\
    from kedro.pipeline import Pipeline, node

    def clean(table):
        return table[table.a > 1]

    def score(rows, factor):
        return {"sum": int(rows.a.sum()) * factor, "by": "the node"}

    def report(scores, rows):
        return {**scores, "rows": len(rows)}

    def register_pipelines():
        return {"__default__": Pipeline([
            node(clean, "table", "rows", name="clean"),
            node(score, ["rows", "params:factor"], "scores", name="score"),
            node(report, ["scores", "rows"], "report", name="report"),
        ])}
"""
_CATALOG = """\
    table: {type: pandas.CSVDataset, filepath: data/table.csv}
    rows: {type: pandas.CSVDataset, filepath: data/rows.csv, save_args: {index: false}}
    scores: {type: json.JSONDataset, filepath: data/out/scores.json}
    report: {type: json.JSONDataset, filepath: data/report.json}
"""
_SCRIPT = """\
import csv, json, pathlib, sys
rows, factor, scores = sys.argv[1:]
(file,) = pathlib.Path(rows).iterdir()
total = sum(int(row["a"]) for row in csv.DictReader(file.open()))
target = pathlib.Path(scores)
if target.is_dir():
    target = target / "scores.json"
target.write_text(json.dumps({"sum": total * int(factor), "by": file.name}))
"""
_COMPONENT = """\
name: score
version: "7"
type: command
code: ../score
environment: %s
command: >-
  python score.py "${{inputs.rows}}" ${{inputs.factor}} "${{outputs.scores}}"
inputs:
  rows: {type: uri_folder}
  factor: {type: integer}
outputs:
  scores: {type: %s}
"""
FILE = "components/score.yml"
EXPECTED = {"sum": 50, "by": "rows.csv", "rows": 2}


def project(
    path: Path,
    azureml: str = AZUREML_YML,
    *,
    named: str = FILE,
    output: str = "uri_file",
    environment: str = "azureml:env:1",
) -> Path:
    return make_project(
        path,
        registry=_REGISTRY,
        catalog=_CATALOG,
        parameters="factor: 10\n",
        azureml=f"{azureml}  steps:\n    score: {{component: {named}}}\n",
        files={
            "data/table.csv": "a\n1\n2\n3\n",
            FILE: _COMPONENT % (environment, output),
            "score/score.py": _SCRIPT,
        },
    )


def reported(root: Path) -> Any:
    return json.loads((root / "data/report.json").read_text())


@pytest.mark.parametrize("output", ["uri_file", "uri_folder"])
def test_the_rehearsal_runs_a_command(output: str, tmp_path: Path) -> None:
    root = project(tmp_path / "project", output=output)
    run_kedro(root, "run")
    assert reported(root) == {"sum": 50, "by": "the node", "rows": 2}
    run_kedro(root, "azureml", "run", "--local", "--into-catalog")
    assert reported(root) == EXPECTED


@pytest.mark.parametrize("values", ["1,x", "1,2.5", "x,1", "1,null"])
def test_each_value_of_a_sweep_fits(values: str, tmp_path: Path) -> None:
    root = project(tmp_path / "project")
    done = run_kedro(root, "azureml", "compile", f"--sweep=factor={values}", check=False)
    said = " ".join(done.stderr.split())
    assert done.returncode == 1, done.stdout
    assert "KAZ237" in said
    assert "'factor' has the type integer, and the parameter is no such value" in said
    component = root / FILE
    component.write_text(component.read_text().replace("type: integer", "type: string"))
    run_kedro(root, "azureml", "compile", f"--sweep=factor={values}")


@pytest.mark.parametrize("option", ["--sweep=base.factor=1,2", "--expose=base.factor"])
@pytest.mark.parametrize("read", ["factor", "base"])
def test_a_parameter_that_changes_with_another_one(read: str, option: str, tmp_path: Path) -> None:
    """A component would get the value that was compiled, whatever the other one is."""
    root = project(tmp_path / "project")
    registry, component = root / "src/minimal/pipeline_registry.py", root / FILE
    registry.write_text(registry.read_text().replace("params:factor", f"params:{read}"))
    component.write_text(component.read_text().replace("factor", read).replace("integer", "string"))
    parameters = root / "conf/base/parameters.yml"
    parameters.write_text("base: {factor: 10}\nfactor: ${base.factor}\n")
    done = run_kedro(root, "azureml", "compile", option, check=False)
    said = " ".join(done.stderr.split())
    assert done.returncode == 1, done.stdout
    assert f"gets '{read}' as it is compiled, and it changes with 'base.factor'" in said
    assert said.count("error KAZ237") == 1


def test_the_rehearsal_says_what_it_cannot_run(tmp_path: Path) -> None:
    root = project(tmp_path / "project", named="azureml:score:7")
    done = run_kedro(root, "azureml", "run", "--local", check=False)
    said = " ".join(done.stderr.split())
    assert done.returncode == 1
    assert "KAZ602 the pipeline '__default__' jobs.score.component" in said
    assert "A component of the workspace ('azureml:score:7') cannot be rehearsed" in said
    assert said.count("error KAZ") == 1


@pytest.mark.parametrize("named", [FILE, "azureml:score:7"])
def test_a_submission_runs_it(
    named: str, azure_service: AzureService, sdk: Sdk, fork_server: ForkServer, tmp_path: Path
) -> None:
    """One of the workspace is not registered again."""
    environment = "azureml:test-env@latest"
    output = "uri_file" if named == FILE else "uri_folder"
    root = project(
        tmp_path / "project",
        azureml_yml(azure_service),
        named=named,
        output=output,
        environment=environment,
    )
    azure_service.execution.mode = "real"
    if named != FILE:
        sdk.run(
            "from azure.ai.ml import load_component\n"
            f"made = load_component({str(root / FILE)!r})\n"
            "ml.components.create_or_update(made)\n"
        )
    kedro = Kedro(azure_service, root, fork_server)
    kedro("run", "--wait-for-completion")
    assert azure_service.count("PUT", "/components/.*/versions/") == 3
    kedro("job", "download", kedro.job, "report", "--into-catalog")
    assert reported(root) == EXPECTED
    steps = kedro.json("job", "show", kedro.job)["steps"]
    assert [(step["name"], step["status"]) for step in steps] == [
        (name, "Completed") for name in ("clean", "score", "report")
    ]
