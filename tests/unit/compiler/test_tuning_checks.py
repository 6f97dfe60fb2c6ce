"""``tune`` of a job: what cannot be tuned, and what is warned of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kedro_azureml.config.models.sweep import SweepConfig
from kedro_azureml.diagnostics import DiagnosticError
from kedro_azureml.job.model import SweepStep
from tests.kit.inprocess import compile_here
from tests.kit.projects import AZUREML_YML
from tests.kit.tuning import CATALOG, compiled, project, refused, tune

COMPONENT = """
type: command
name: c
command: cat ${{inputs.raw}} > ${{outputs.table}}/x ${{inputs.nodes}}
environment: azureml:e:1
inputs: {raw: {type: uri_file}, nodes: {type: integer}}
outputs: {table: {type: uri_folder}}
"""


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"nodes": ["trian"]}, "'trian' is to be tuned, and the job has no such node. Did you"),
        ({"tags": ["nothing"]}, "No node of the job has what is to be tuned, 'nothing'."),
        ({"tags": ["chunky", "chnuky"]}, "'chnuky'. Did you mean 'chunky'?"),
        ({"namespace": "ml"}, "No node of the job has what is to be tuned, 'ml'."),
        ({"nodes": ["train", "use"]}, "would wait for each other"),
    ],
)
def test_nodes_that_cannot_be_tuned(tmp_path: Path, changes: dict[str, Any], words: str) -> None:
    finding = refused(tmp_path, tune(**changes), compute_alias="__default__")
    assert finding.code == "KAZ271"
    assert words in f"{finding.message} {finding.remedy}"
    assert "azure.jobs.tuned.tune" in str(finding.where)


def test_a_grouping_that_surrounds_the_tuned_nodes(tmp_path: Path) -> None:
    finding = refused(tmp_path, tune(), compute_alias="__default__", group_by="pipeline")
    assert finding.code == "KAZ271"
    assert "let fewer others share a step (--group-by," in str(finding.remedy)


@pytest.mark.parametrize(
    ("parameter", "words"),
    [
        ("model.depht", "It does not exist. Did you mean 'model.depth'?"),
        ("unread", "The tuned nodes do not read it."),
        ("other", "The tuned nodes do not read it."),
        ("model.alpha", "'model.alpha' is an input of the job or tuned already"),
    ],
)
def test_parameters_that_cannot_be_tuned(tmp_path: Path, parameter: str, words: str) -> None:
    exposed = {"model.alpha": "--expose"}
    config = tune({parameter: {"choice": [1]}})
    with pytest.raises(DiagnosticError) as error:
        compiled(tmp_path, config, exposed=exposed)
    (finding,) = [d for d in error.value.diagnostics if d.code == "KAZ272"]
    assert words in f"{finding.message} {finding.remedy}"


def test_a_parameter_that_holds_a_secret(tmp_path: Path) -> None:
    config = tune({"hidden": {"choice": ["a", "b"]}}, nodes=["hush"])
    with pytest.raises(DiagnosticError, match="It holds the secret 'KEY'"):
        compiled(tmp_path, config, pipeline="hushed")


def test_one_parameter_that_holds_another(tmp_path: Path) -> None:
    config = tune({"model.depth": {"choice": [1]}, "model": {"choice": [{"depth": 2}]}})
    assert "one holds the other" in refused(tmp_path, config).message


def test_a_parameter_that_later_steps_read_too(tmp_path: Path) -> None:
    done = compiled(tmp_path, tune({"shared": {"choice": [1, 2]}}, nodes=["use"]))
    assert done.diagnostics == ()
    config = tune({"other": {"choice": [1, 2]}}, nodes=["evaluate"])
    file = tmp_path / "src/minimal/pipeline_registry.py"
    made = project(tmp_path)
    file.write_text(file.read_text().replace("params:shared", "params:other"))
    (warning,) = compile_here(made, job="tuned", tune=config).diagnostics
    assert (warning.code, warning.severity) == ("KAZ273", "warning")
    assert warning.message.startswith("'use' reads 'other' too, and gets")


def test_a_parameter_that_sizes_a_later_step(tmp_path: Path) -> None:
    config = tune({"nodes": {"choice": [2, 3]}}, nodes=["prepare"])
    (warning,) = compiled(tmp_path, config, pipeline="sized").diagnostics
    assert warning.code == "KAZ273"
    assert warning.message.startswith("'big' reads 'nodes' too")


def test_an_input_of_the_job_that_changes_with_it(tmp_path: Path) -> None:
    made = project(tmp_path)
    file = made / "conf/base/parameters.yml"
    file.write_text(file.read_text().replace("shared: 1", "shared: ${model.depth}"))
    with pytest.raises(DiagnosticError, match="'shared', which changes with it, is an input"):
        compile_here(made, job="tuned", tune=tune(), exposed={"shared": "--expose"})


@pytest.mark.parametrize("value", ["${nowhere}", "${{inputs.x}}"])
def test_a_value_with_which_the_project_cannot_be_loaded(tmp_path: Path, value: str) -> None:
    finding = refused(tmp_path, tune({"model.name": {"choice": ["x", "y", value]}}))
    assert finding.code == "KAZ107"
    assert str(finding.where).endswith("azure.jobs.tuned.tune.parameters.model.name")
    assert r"'\\\${' in single quotes" in str(finding.remedy)


def test_parameters_that_change_others(tmp_path: Path) -> None:
    """`train` reads the whole of `model`, and `use` reads `shared`, which changes with it."""
    made = project(tmp_path)
    parameters = made / "conf/base/parameters.yml"
    parameters.write_text(parameters.read_text().replace("shared: 1", "shared: ${model.depth}"))
    (warning,) = compile_here(made, job="tuned", tune=tune()).diagnostics
    assert warning.code == "KAZ273"
    assert warning.message.startswith("'use' reads 'model.depth' too")
    config = tune({"other": {"choice": [1, 2]}}, nodes=["use"])
    parameters.write_text(parameters.read_text().replace("${model.depth}", "${other}"))
    assert {d.code for d in compile_here(made, job="tuned", tune=config).diagnostics} == {"KAZ273"}


def test_a_catalog_entry_that_changes_with_it(tmp_path: Path) -> None:
    made = project(
        tmp_path, CATALOG.replace("data/note.txt", "'data/${runtime_params:other,1}.txt'")
    )
    config = tune({"other": {"choice": [1, 2]}}, nodes=["evaluate"])
    with pytest.raises(DiagnosticError, match="The catalog entry of 'note' depends on it"):
        compile_here(made, job="tuned", tune=config)


def test_a_job_that_is_swept(tmp_path: Path) -> None:
    swept = SweepConfig.read({"parameters": {"other": [1, 2]}}, "--sweep")
    finding = refused(tmp_path, tune(), sweep=swept)
    assert (finding.code, finding.where) == ("KAZ274", "--sweep")


def test_a_grid_that_is_cut_short(tmp_path: Path) -> None:
    config = tune({"model.depth": {"choice": [1, 2, 3]}}, limits={"max_total_trials": 2})
    (warning,) = compiled(tmp_path, config).diagnostics
    assert (warning.code, warning.severity) == ("KAZ275", "warning")
    assert "has 3 combinations" in warning.message


@pytest.mark.parametrize(
    ("catalog", "azureml", "words"),
    [
        (
            CATALOG.replace("data/note.txt", "abfss://c@a.dfs.core.windows.net/note.txt"),
            AZUREML_YML,
            "each trial would write 'note' to the same place",
        ),
        (
            CATALOG.replace("note.txt}", "note.txt, metadata: {azureml: {register: notes}}}"),
            AZUREML_YML,
            "each trial would register or publish 'note'",
        ),
        (
            CATALOG,
            AZUREML_YML + "  temporary_storage: {account_name: acc, container: con}\n",
            "its trials would write over one another's data in azure.temporary_storage",
        ),
        (
            CATALOG,
            AZUREML_YML.replace("cluster_name: big", "cluster_name: big\n      identity: user"),
            "Azure ML drops the identity of a sweep step",
        ),
    ],
)
def test_steps_that_cannot_be_tuned(tmp_path: Path, catalog: str, azureml: str, words: str) -> None:
    made = project(tmp_path, catalog, azureml)
    with pytest.raises(DiagnosticError) as error:
        compile_here(made, job="tuned", tune=tune())
    (finding,) = [d for d in error.value.diagnostics if d.code == "KAZ274"]
    assert words in finding.message


@pytest.mark.parametrize("node", ["shares", "machines"])
def test_a_sharded_node(tmp_path: Path, node: str) -> None:
    config = tune({"other": {"choice": [1, 2]}}, nodes=[node])
    with pytest.raises(DiagnosticError) as error:
        compiled(tmp_path, config, pipeline="sharded")
    (finding,) = [d for d in error.value.diagnostics if d.code == "KAZ274"]
    assert "its node is sharded" in finding.message


def test_a_component_in_the_place_of_the_node(tmp_path: Path) -> None:
    azureml = AZUREML_YML + "  steps: {prepare: {component: c.yml}}\n"
    made = project(tmp_path, azureml=azureml)
    (made / "c.yml").write_text(COMPONENT)
    config = tune({"nodes": {"choice": [2, 3]}}, nodes=["prepare"])
    with pytest.raises(DiagnosticError) as error:
        compile_here(made, job="tuned", tune=config, pipeline="sized")
    (finding,) = [d for d in error.value.diagnostics if d.code == "KAZ274"]
    assert "a component of azure.steps takes the place of its node" in finding.message


def test_an_environment_that_cannot_log(tmp_path: Path) -> None:
    azureml = AZUREML_YML + "  environments: {e: {requirements: r.txt}}\n"
    made = project(tmp_path, azureml=azureml)
    for lines, codes in (("kedro-azureml\n", ["KAZ332"]), ("kedro-azureml\nazureml-mlflow\n", [])):
        (made / "r.txt").write_text(lines)
        done = compile_here(made, job="tuned", tune=tune(), environment_alias="e")
        assert [d.code for d in done.diagnostics] == codes
        assert compile_here(made, tune=tune(), environment_alias="e", local=True).diagnostics == ()


def test_what_mlflow_keeps_is_of_each_trial(tmp_path: Path) -> None:
    kept = "note: {type: kedro_mlflow.io.metrics.MlflowMetricDataset, key: score}"
    catalog = CATALOG.replace("note: {type: text.TextDataset, filepath: data/note.txt}", kept)
    made = project(tmp_path, catalog)
    assert isinstance(compile_here(made, job="tuned", tune=tune()).job.jobs["train"], SweepStep)


def test_a_distributed_node(tmp_path: Path) -> None:
    finding = refused(tmp_path, tune(nodes=["big"]), pipeline="spread")
    assert finding.code == "KAZ274"
    assert "its node is distributed" in finding.message
