"""A component in the place of a node: what it is bound to, and why one does not fit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kedro_azureml.config.models.sweep import SweepConfig
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError
from kedro_azureml.job.model import PipelineJob
from kedro_azureml.job.step_record import StepRecord
from kedro_azureml.job.yaml import dump_job, load_text
from tests.kit.inprocess import compile_here
from tests.kit.projects import AZUREML_YML, make_project
from tests.kit.tuning import tune

REGISTRY = """\
    from kedro.pipeline import Pipeline, node, pipeline
    from kedro_azureml.distributed import Framework, distributed_job, sharded

    def one(*args): return {{}}
    shards = sharded(shards=2)(one)
    many = distributed_job(Framework.MPI, 4)(one)

    def register_pipelines():
        return {{"__default__": {pipeline}}}
"""
CATALOG = """\
table: {type: pandas.CSVDataset, filepath: data/table.csv}
rows: {type: pandas.CSVDataset, filepath: data/rows.csv}
parts: {type: partitions.PartitionedDataset, path: data/parts, dataset: pandas.CSVDataset}
more_parts: {type: partitions.PartitionedDataset, path: data/more_parts, dataset: json.JSONDataset}
scores: {type: json.JSONDataset, filepath: data/out/scores.json}
more: {type: json.JSONDataset, filepath: data/out/more.json}
asset:
  type: json.JSONDataset
  filepath: data/asset.json
  metadata: {azureml: {register: a-name}}
versions: {type: json.JSONDataset, filepath: data/v.json, versioned: true}
"""
NODES = (
    'Pipeline([node(one, "table", "rows", name="clean"), '
    'node(one, ["rows", "table", "params:depth"], "scores", name="score"), '
    'node(one, ["scores", "rows"], "end", name="report")])'
)
COMPONENT = """\
$schema: https://azuremlschemas.azureedge.net/latest/commandComponent.schema.json
name: score
version: 3
type: command
code: ../score
environment: azureml:scoring:1
command: >-
  python score.py ${{inputs.rows}} ${{inputs.table}} ${{inputs.depth}} ${{outputs.scores}}
inputs:
  rows: {type: uri_folder}
  table: {type: uri_file}
  depth: {type: integer, min: 1}
outputs:
  scores: {type: uri_file}
"""
AZUREML = AZUREML_YML + "  steps:\n    score: {component: %s}\n"
FILE = "components/score.yml"


def project(
    path: Path, component: str = COMPONENT, nodes: str = NODES, named: str = FILE, **options: Any
) -> Path:
    files = {FILE: component, "score/score.py": "", "data/table.csv": "a\n1\n"}
    return make_project(
        path,
        registry=REGISTRY.format(pipeline=nodes),
        catalog=CATALOG,
        files=files,
        **{"azureml": AZUREML % named, "parameters": "depth: 3\n", **options},
    )


def record(job: PipelineJob, step: str) -> StepRecord:
    found = job.jobs[step].component.record()
    assert found is not None
    return found


def errors(path: Path, **request: Any) -> list[Diagnostic]:
    with pytest.raises(DiagnosticError) as caught:
        compile_here(path, **request)
    return [each for each in caught.value.diagnostics if each.severity == "error"]


def test_a_component_of_a_file(tmp_path: Path) -> None:
    compilation = compile_here(project(tmp_path))
    job = compilation.job
    step = job.jobs["score"]
    assert step.inputs == {
        "table": "${{parent.inputs.table}}",
        "rows": "${{parent.jobs.clean.outputs.rows}}",
        "depth": 3,
    }
    assert (step.component.code, step.component.environment) == ("score", "azureml:scoring:1")
    assert step.tags["kedro_nodes"] == "score"
    # Its files alone, beside the manifest that the other reader wants.
    assert record(job, "clean").publish["rows"].place == "${{outputs.rows}}"
    assert record(job, "report").inputs == {"rows": "${{inputs.manifest_of_rows}}"}
    assert record(job, "report").raw_inputs == {"data/out/scores.json": "${{inputs.scores}}"}
    assert job.jobs["report"].component.inputs["scores"].type == "uri_file"
    assert dump_job(load_text(dump_job(job))) == dump_job(job)
    assert [each.name for each in compilation.steps] == ["clean", "score", "report"]


def test_a_component_of_the_workspace(tmp_path: Path) -> None:
    job = compile_here(project(tmp_path, named="azureml:scoring:7")).job
    assert "component: azureml:scoring:7\n" in dump_job(job)
    assert dump_job(load_text(dump_job(job))) == dump_job(job)
    assert set(job.jobs["score"].inputs) == {"rows", "table", "depth"}
    # Nothing is known of its output: it is taken for a folder that has the file.
    assert record(job, "report").raw_inputs == {"data/out": "${{inputs.scores}}"}
    assert job.jobs["report"].component.inputs["scores"].type == "uri_folder"


def test_a_parameter_that_is_an_input_of_the_job(tmp_path: Path) -> None:
    job = compile_here(project(tmp_path), exposed={"depth": "here"}).job
    assert job.jobs["score"].inputs["depth"] == "${{parent.inputs.depth}}"


def test_what_is_not_said_is_as_for_the_node(tmp_path: Path) -> None:
    lines = [line for line in COMPONENT.splitlines() if "environment:" not in line]
    job = compile_here(project(tmp_path, "\n".join(lines))).job
    assert job.jobs["score"].component.environment == "azureml:env@latest"


@pytest.mark.parametrize("function", ["shards", "many"])
@pytest.mark.parametrize("named", [FILE, "azureml:scoring:7"])
def test_what_marks_the_function_marks_no_component(
    function: str, named: str, tmp_path: Path
) -> None:
    nodes = NODES.replace('node(one, ["rows"', f'node({function}, ["rows"')
    step = compile_here(project(tmp_path, nodes=nodes, named=named)).job.jobs["score"]
    assert (step.resources, step.component.resources, step.component.distribution) == (None,) * 3


def test_no_other_step_is_changed_by_a_node_of_another_pipeline(tmp_path: Path) -> None:
    request = {"selection": {"nodes": ("clean",)}}
    job = compile_here(project(tmp_path), **request).job
    assert list(job.jobs) == ["clean"]
    assert record(job, "clean").publish == {}


def test_an_export_leaves_out_what_a_component_wrote(tmp_path: Path) -> None:
    nodes = NODES.replace('["scores", "rows"], "end"', '"rows", "more"')
    azureml = AZUREML % FILE + "  export: {path: results}\n"
    job = compile_here(project(tmp_path, nodes=nodes, azureml=azureml)).job
    assert record(job, "export").inputs.keys() == {"more"}


WRONG: dict[str, tuple[dict[str, str], str]] = {
    "no file": ({"named": "components/none.yml"}, "cannot be read: No such file"),
    "no YAML": ({"component": "a: [b"}, "it is no YAML"),
    "a parallel one": ({"component": "type: parallel"}, "of type parallel"),
    "no command": ({"component": "inputs: {}"}, "'command': Field required"),
    "an unknown key": ({"component": COMPONENT + "limit: 3\n"}, "'limit': Extra inputs"),
    "no code": ({"component": COMPONENT.replace("../", "")}, "names the path 'score', and"),
    "no version": ({"named": "azureml:scoring"}, "names no version"),
    "a name": ({"component": COMPONENT.replace("rows: {", "row: {")}, "no input 'rows'"),
    "an output": ({"component": COMPONENT.replace("scores: {", "s: {")}, "no output 'scores'"),
    "more": (
        {"component": COMPONENT.replace("inputs:\n", "inputs:\n  extra: {type: string}\n")},
        "needs 'extra'",
    ),
    "a type": (
        {"component": COMPONENT.replace("table: {type: uri_file", "table: {type: uri_folder")},
        "'table' is a uri_folder, and 'data/table.csv' is a uri_file",
    ),
    "a parameter as data": (
        {"component": COMPONENT.replace("depth: {type: integer, min: 1", "depth: {type: uri_file")},
        "'depth' has the type uri_file, and the node reads a parameter",
    ),
    "data as a parameter": (
        {"component": COMPONENT.replace("rows: {type: uri_folder", "rows: {type: string")},
        "'rows' has the type string, and the node reads data",
    ),
    "another value": (
        {"component": COMPONENT.replace("depth: {type: integer, min: 1", "depth: {type: boolean")},
        "'depth' has the type boolean, and the parameter is no such",
    ),
    "partitions as one file": (
        {
            "nodes": NODES.replace('"rows"', '"parts"'),
            "component": COMPONENT.replace("rows: {type: uri_folder", "parts: {type: uri_file"),
        },
        "input 'parts' is a uri_file, and the dataset is a folder",
    ),
    "one file for partitions": (
        {
            "nodes": NODES.replace('"scores"', '"parts"'),
            "component": COMPONENT.replace("scores: {", "parts: {"),
        },
        "output 'parts' is a uri_file, and the dataset is a folder",
    ),
    "no literal": ({"parameters": "depth: .nan\n"}, "The parameter 'depth' is no literal: nan"),
    "no literal inside": ({"parameters": "depth: [1, .inf]\n"}, "'depth' is no literal: Out of"),
    "one name twice": (
        {"nodes": NODES.replace("params:depth", "params:rows"), "parameters": "rows: 3\n"},
        "The parameter 'rows' and the data 'rows'",
    ),
    "one name twice, of the workspace": (
        {
            "nodes": NODES.replace("params:depth", "params:table"),
            "parameters": "table: 3\n",
            "named": "azureml:scoring:7",
        },
        "The parameter 'table' and the data 'data/table.csv'",
    ),
    "an object": ({"nodes": NODES.replace('"rows"', '"memory"')}, "'memory', which is not one"),
    "versions": ({"nodes": NODES.replace('"scores"', '"versions"')}, "'versions', which is not"),
    "registered": ({"nodes": NODES.replace('"scores"', '"asset"')}, "is to be registered"),
    "parts": (
        {
            "nodes": NODES.replace('one, "table", "rows"', 'shards, "more_parts", "parts"')
            .replace('["rows", "table", ', '["parts", "table", ')
            .replace(', "rows"], "end"', '], "end"')
        },
        "is written by shards in parts",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_does_not_fit(name: str, tmp_path: Path) -> None:
    options, text = WRONG[name]
    path = project(tmp_path, **options)
    (tmp_path / "data/more_parts").mkdir()
    (tmp_path / "data/more_parts/x.csv").write_text("a\n")
    found = errors(path)
    assert {each.code for each in found} == {"KAZ237"}, found
    assert any(text in each.message for each in found), found
    assert all("azureml.yml" in str(each.where) for each in found)


@pytest.mark.parametrize("swept", ["depth", "width"])
@pytest.mark.parametrize("named", [FILE, "azureml:scoring:7"])
def test_a_component_in_a_sweep(named: str, swept: str, tmp_path: Path) -> None:
    """Its command is its own in every copy, whether it reads what is swept or not."""
    nodes = NODES.replace('["scores", "rows"], "end"', '["scores", "rows", "params:width"], "end"')
    path = project(tmp_path, nodes=nodes, named=named, parameters="depth: 3\nwidth: 1\n")
    alone = compile_here(path).job.jobs["score"].component
    config = SweepConfig.read({"parameters": {swept: [1, 2]}}, "--sweep")
    compilation = compile_here(path, sweep=config)
    copies = ["score_depth_1", "score_depth_2"] if swept == "depth" else ["score"]
    assert [compilation.job.jobs[name].component for name in copies] == [alone] * len(copies)
    if swept == "depth":
        assert [compilation.job.jobs[name].inputs["depth"] for name in copies] == [1, 2]
    assert [each.name for each in compilation.steps] == list(compilation.job.jobs)


def test_a_component_that_ends_a_combination_of_a_sweep(tmp_path: Path) -> None:
    """The table would say that it completed, also where it failed."""
    config = SweepConfig.read({"parameters": {"depth": [1, 2]}}, "--sweep")
    request = {"selection": {"to_nodes": ("score",)}, "sweep": config}
    (found,) = errors(project(tmp_path), **request)
    assert (found.code, found.where) == ("KAZ261", "--sweep")
    assert "no node reads what it writes" in found.message


@pytest.mark.parametrize("named", [FILE, "azureml:scoring:7"])
def test_a_component_is_not_tuned(named: str, tmp_path: Path) -> None:
    config = tune({"depth": {"choice": [1, 2]}}, nodes=["score"])
    found = errors(project(tmp_path, named=named), job="tuned", tune=config)
    assert [(each.code, "takes the place of its node" in each.message) for each in found] == [
        ("KAZ274", True)
    ]


def test_a_parameter_that_does_not_exist(tmp_path: Path) -> None:
    found = errors(project(tmp_path, parameters="deep: 3\n"))
    assert [each.code for each in found] == ["KAZ209"]


def test_a_node_that_does_not_exist(tmp_path: Path) -> None:
    azureml = AZUREML_YML + f"  steps:\n    scor: {{component: {FILE}}}\n"
    found = errors(project(tmp_path, azureml=azureml))
    assert [(each.code, "Did you mean 'score'" in each.remedy) for each in found] == [
        ("KAZ202", True)
    ]


def test_a_node_that_shares_its_step(tmp_path: Path) -> None:
    found = errors(project(tmp_path), group_by="pipeline")
    assert [each.code for each in found] == ["KAZ237"]


def test_two_files_of_one_folder(tmp_path: Path) -> None:
    """A folder for each would take the other's place."""
    nodes = NODES.replace('"scores", name="score"', '["scores", "more"], name="score"').replace(
        '["scores", "rows"], "end"', '["scores", "more"], "end"'
    )
    found = errors(project(tmp_path, nodes=nodes, named="azureml:scoring:7"))
    assert ["two datasets lie in 'data/out'" in each.message for each in found] == [True]
