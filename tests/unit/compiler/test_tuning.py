"""``tune`` of a job: the sweep step that comes of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from kedro_azureml.compiler.data.parameter_inputs import input_names
from kedro_azureml.compiler.tuning.parameters import tuned_parameters
from kedro_azureml.job.expressions import render_literal
from kedro_azureml.job.model import Input, Resources
from kedro_azureml.job.parameter_inputs import ParameterInput, read
from kedro_azureml.job.yaml import dump_job, load_text
from kedro_azureml.plan_view.graph import make_graph
from tests.kit.inprocess import compile_here
from tests.kit.nasty import JSON
from tests.kit.projects import AZUREML_YML
from tests.kit.tuning import compiled, project, record, sweep, tune


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
        "model.name": {"choice": ["x", "", r"it's \${{y}}"]},
        "model.alpha": {"choice": [1, 0.5]},
    }
    step = sweep(compiled(tmp_path, tune(spaces)))
    drawn = {name: space.values for name, space in step.search_space.items()}
    assert drawn == {
        "model_flag": ["true", "false"],
        "model_kinds": ['["a"]', r'["a", "b\u0024"]', "null"],
        "model_name": ["x", '""', r'"it\u0027s \\\u0024{{y}}"'],
        "model_alpha": [1.0, 0.5],
    }
    types = {name: step.component.inputs[name].type for name in drawn}
    assert list(types.values()) == ["boolean", "string", "string", "number"]
    kinds = {name: given.type for name, given in record(step).parameter_inputs.items()}
    assert list(kinds.values()) == ["boolean", "json", "string", "number"]


def _once(value: Any) -> str:
    return json.dumps(value, sort_keys=True).removesuffix(".0")


@given(st.lists(JSON, min_size=1, max_size=4, unique_by=_once))
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
