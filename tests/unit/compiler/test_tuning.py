"""``tune`` of a job: the sweep step that comes of it, and what cannot be tuned."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kedro_azureml.compiler import Compilation
from kedro_azureml.compiler.data.parameter_inputs import input_names
from kedro_azureml.compiler.tuning.parameters import tuned_parameters
from kedro_azureml.config.models.tune import TuneConfig
from kedro_azureml.diagnostics import Diagnostic, DiagnosticError
from kedro_azureml.job.expressions import render_literal
from kedro_azureml.job.model import Input, Resources, SweepStep
from kedro_azureml.job.parameter_inputs import ParameterInput, read
from kedro_azureml.job.step_record import StepRecord
from kedro_azureml.job.yaml import dump_job, load_text
from kedro_azureml.plan_view.graph import make_graph
from tests.kit.inprocess import compile_here
from tests.kit.nasty import JSON
from tests.kit.projects import AZUREML_YML, make_project

REGISTRY = """
from kedro.pipeline import Pipeline, node
from kedro_azureml.distributed import Framework, distributed_job

def one(*args):
    return 1

def two(*args):
    return 1, 2

@distributed_job(Framework.PyTorch, num_nodes=2)
def spread(table, depth):
    return depth

def register_pipelines():
    return {
        "__default__": Pipeline([
            node(one, "raw", "table", name="prepare"),
            node(two, ["table", "params:model"], ["model", "note"], name="train", tags="chunky"),
            node(one, ["model", "params:other"], "score", name="evaluate"),
            node(one, ["score", "note", "params:shared"], "report", name="use"),
        ]),
        "spread": Pipeline([
            node(one, "raw", "table", name="prepare"),
            node(spread, ["table", "params:model.depth"], "big", name="big"),
        ]),
        "hushed": Pipeline([node(one, "params:hidden", "h", name="hush")]),
        "spaced": Pipeline([
            node(one, "raw", "table", name="prepare"),
            node(one, ["table", "params:model"], "a_b", name="a", namespace="ml.deep"),
            node(one, ["a_b", "params:model"], "a_c", name="b", namespace="ml"),
        ]),
    }
"""
CATALOG = """\
raw: {type: text.TextDataset, filepath: data/raw.txt}
note: {type: text.TextDataset, filepath: data/note.txt}
report: {type: text.TextDataset, filepath: data/report.txt}
"""
PARAMETERS = """
model: {alpha: 0.5, depth: 3, kinds: [a], flag: true, name: "x"}
hidden: "${azureml.secret:KEY}"
other: 1
shared: 1
unread: 1
"""
OBJECTIVE = {"metric": "score", "goal": "maximize"}


def project(path: Path, catalog: str = CATALOG, azureml: str = AZUREML_YML) -> Path:
    files = {"data/raw.txt": "x"}
    return make_project(
        path,
        registry=REGISTRY,
        catalog=catalog,
        parameters=PARAMETERS,
        files=files,
        azureml=azureml,
    )


def tune(parameters: dict[str, Any] | None = None, **changes: Any) -> TuneConfig:
    spaces = parameters or {"model.depth": {"choice": [3, 5]}}
    nodes = {"nodes": ["train"]} if not {"nodes", "tags", "namespace"} & changes.keys() else {}
    given = {"parameters": spaces, "objective": OBJECTIVE, **nodes, **changes}
    return TuneConfig.model_validate(given)


def compiled(path: Path, config: TuneConfig, **request: Any) -> Compilation:
    return compile_here(project(path), job="tuned", tune=config, **request)


def sweep(done: Compilation, name: str = "train") -> SweepStep:
    step = done.job.jobs[name]
    assert isinstance(step, SweepStep)
    return step


def record(step: SweepStep) -> StepRecord:
    found = step.component.record()
    assert found is not None
    return found


def refused(path: Path, config: TuneConfig, **request: Any) -> Diagnostic:
    with pytest.raises(DiagnosticError) as error:
        compiled(path, config, **request)
    (finding,) = [d for d in error.value.diagnostics if d.severity == "error"]
    return finding


def test_one_step_becomes_a_sweep(tmp_path: Path) -> None:
    limits = {"max_concurrent_trials": 2, "timeout": 600, "trial_timeout": 60}
    done = compiled(tmp_path, tune(limits=limits), params={"model": {"depth": 9, "alpha": 1}})
    step = sweep(done)
    assert [type(s).__name__ for s in done.job.jobs.values()].count("SweepStep") == 1
    assert step.limits.model_dump() == {"max_total_trials": 2, **limits}
    assert (step.objective.primary_metric, step.objective.goal) == ("score", "maximize")
    assert step.search_space["model_depth"].values == [3, 5]
    assert step.component.inputs["model_depth"] == Input(type="integer")
    assert "model_depth" not in {*step.inputs, *done.job.inputs}
    assert step.compute == "azureml:big"
    trial = record(step)
    given = ParameterInput("integer", "${{inputs.model_depth}}")
    assert trial.parameter_inputs == {"model.depth": given}
    # What is asked for by hand would come before the drawn value.
    assert trial.parameters == {"model": {"alpha": 1}}
    assert trial.mlflow == {"parent_metrics": []}
    assert done.diagnostics == ()
    assert load_text(dump_job(done.job)).jobs == done.job.jobs
    row = next(each for each in done.steps if each.name == "train")
    assert (row.processes, row.record) == ("2 trials", trial)
    settings = make_graph(done).steps["train"].settings
    assert settings["search_space"] == "model_depth: type: choice, values: 3, 5"
    assert settings["objective"] == "goal: maximize, primary_metric: score"


def test_values_of_all_kinds(tmp_path: Path) -> None:
    spaces: dict[str, Any] = {
        "model.flag": {"choice": [True, False]},
        "model.kinds": {"choice": [["a"], ["a", "b$"], None]},
        "model.name": {"choice": ["x", "", "it's ${{y}}"]},
        "model.alpha": {"choice": [1, 0.5]},
    }
    step = sweep(compiled(tmp_path, tune(spaces)))
    drawn = {name: space.values for name, space in step.search_space.items()}
    assert drawn == {
        "model_flag": ["true", "false"],
        "model_kinds": ['["a"]', r'["a", "b\u0024"]', "null"],
        "model_name": ["x", '""', r'"it\u0027s \u0024{{y}}"'],
        "model_alpha": [1.0, 0.5],
    }
    types = {name: step.component.inputs[name].type for name in drawn}
    assert list(types.values()) == ["boolean", "string", "string", "number"]
    kinds = {name: given.type for name, given in record(step).parameter_inputs.items()}
    assert list(kinds.values()) == ["boolean", "json", "string", "number"]


@given(st.lists(JSON, min_size=1, max_size=4, unique_by=lambda v: json.dumps(v, sort_keys=True)))
def test_any_value_reaches_the_trial(values: list[Any]) -> None:
    """As text, which Azure ML puts into a command between single quotes."""
    config = tune({"model.depth": {"choice": values}})
    (tuned,) = tuned_parameters(config, ())
    for value, drawn in zip(values, tuned.space.values or (), strict=True):
        text = render_literal(drawn)
        assert not {"'", "$", "\n", "\0"} & set(text)
        assert text
        assert read(text, tuned.type) == value


@given(st.text(min_size=1), st.sets(st.sampled_from(["model_depth", "params_model_depth", "a"])))
def test_an_input_of_a_trial_has_a_name_of_its_own(parameter: str, taken: set[str]) -> None:
    parameters = {parameter, "model.depth", "model_depth"}
    names = input_names(parameters, taken)
    assert set(names) == parameters
    assert len({*names.values()} - taken) == len(parameters)
    assert all(name.isidentifier() for name in names.values())


def test_bounds_are_values_and_whole_steps_are_whole(tmp_path: Path) -> None:
    spaces = {
        "model.alpha": {"loguniform": [1, 7.38905609893065]},
        "model.depth": {"quniform": [2, 10, 2]},
    }
    limits = {"max_total_trials": 5}
    step = sweep(compiled(tmp_path, tune(spaces, limits=limits, sampling="random", seed=7)))
    alpha, depth = step.search_space.values()
    assert (alpha.min_value, alpha.max_value) == (0.0, 2.0)
    assert (depth.min_value, depth.max_value, depth.q) == (2, 10, 2)
    assert step.sampling_algorithm.model_dump() == {"type": "random", "seed": 7, "rule": None}  # type: ignore[union-attr]
    assert record(step).parameter_inputs["model.depth"].type == "integer"
    assert step.component.inputs["model_depth"].type == "number"


def test_variables_stand_in_the_command(tmp_path: Path) -> None:
    value = "it's ${{x}}"
    step = sweep(compiled(tmp_path, tune(), env_vars={"A": value, "B": "2"}))
    assert (step.environment_variables, step.variables) == ({}, {"A": value, "B": "2"})
    assert step.component.command.startswith("export A='it'")


def test_machines_and_limits_are_those_of_the_step(tmp_path: Path) -> None:
    big = "cluster_name: big\n      shm_size: 8g\n      timeout: 90\n      priority: low"
    azureml = AZUREML_YML.replace("cluster_name: big", big)
    step = sweep(compile_here(project(tmp_path, azureml=azureml), job="tuned", tune=tune()))
    assert (step.resources, step.component.resources) == (Resources(shm_size="8g"), None)
    assert (step.limits.trial_timeout, step.limits.timeout) == (90, None)
    assert step.queue_settings == {"priority": "low"}


def test_several_nodes_share_the_step(tmp_path: Path) -> None:
    done = compiled(tmp_path, tune(nodes=["evaluate", "train"]), compute_alias="__default__")
    assert list(done.job.jobs) == ["prepare", "train", "use"]
    assert record(sweep(done)).nodes == ("train", "evaluate")


def test_a_namespace_and_a_grouping_beside_it(tmp_path: Path) -> None:
    done = compiled(tmp_path, tune(namespace="ml"), pipeline="spaced", group_by="namespace")
    assert record(sweep(done, "ml")).nodes == ("ml.deep.a", "ml.b")
    other = compiled(tmp_path, tune(namespace="ml.deep"), pipeline="spaced", group_by="namespace")
    assert record(sweep(other, "ml_deep_a")).nodes == ("ml.deep.a",)
    assert list(other.job.jobs) == ["prepare", "ml_deep_a", "ml"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"nodes": ["trian"]}, "'trian' is to be tuned, and the job has no such node. Did you"),
        ({"tags": ["nothing"]}, "No node of the job has what is to be tuned, 'nothing'."),
        ({"namespace": "ml"}, "No node of the job has what is to be tuned, 'ml'."),
        ({"nodes": ["train", "use"]}, "would wait for each other"),
    ],
)
def test_nodes_that_cannot_be_tuned(tmp_path: Path, changes: dict[str, Any], words: str) -> None:
    finding = refused(tmp_path, tune(**changes), compute_alias="__default__")
    assert finding.code == "KAZ271"
    assert words in f"{finding.message} {finding.remedy}"
    assert "azure.jobs.tuned.tune" in str(finding.where)


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
    assert warning.message.startswith("'use' reads 'other' too")


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
