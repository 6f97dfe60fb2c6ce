"""A sweep step in the document: it is written and read, and refuses what Azure ML would not see."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kedro_azureml.diagnostics import DiagnosticError
from kedro_azureml.job.model import PipelineJob, SweepStep
from kedro_azureml.job.step_record import StepRecord
from kedro_azureml.job.yaml import dump_job, load_text

RECORD = StepRecord("p", ("n",), outputs={"m": "${{outputs.m}}"})
STEP: dict[str, Any] = {
    "type": "sweep",
    "trial": {
        "command": RECORD.command(),
        "inputs": {"lr": {"type": "number"}, "raw": {"type": "uri_file"}},
        "outputs": {"m": {"type": "uri_folder"}},
    },
    "inputs": {"raw": "${{parent.inputs.raw}}"},
    "sampling_algorithm": {"type": "random", "seed": 3, "rule": "sobol"},
    "search_space": {"lr": {"type": "uniform", "min_value": 0, "max_value": 0.5}},
    "objective": {"goal": "minimize", "primary_metric": "loss"},
    "limits": {"max_total_trials": 4, "max_concurrent_trials": 2, "trial_timeout": 60},
    "early_termination": {"type": "bandit", "slack_factor": 0.5, "evaluation_interval": 1},
}


def job(**changes: Any) -> PipelineJob:
    step = {**STEP, **changes}
    raw = {"type": "uri_file", "path": "a"}
    return PipelineJob.model_validate({"inputs": {"raw": raw}, "jobs": {"train": step}})


def test_it_is_written_and_read() -> None:
    document = job()
    step = document.jobs["train"]
    assert isinstance(step, SweepStep)
    assert step.component.record() == RECORD
    text = dump_job(document)
    assert "trial:\n" in text
    assert "component:" not in text
    assert load_text(text).jobs == document.jobs


@pytest.mark.parametrize("algorithm", ["grid", "bayesian"])
def test_an_algorithm_may_be_a_mapping(algorithm: str) -> None:
    space = {"lr": {"type": "choice", "values": [1]}}
    step = job(search_space=space, sampling_algorithm={"type": algorithm}).jobs["train"]
    assert isinstance(step, SweepStep)
    assert step.sampling == algorithm


def test_variables_are_part_of_its_command() -> None:
    step = job().jobs["train"].with_variables({"A": "it's ${{x}} $HOME", "B": ""})
    assert step.variables == {"A": "it's ${{x}} $HOME", "B": ""}
    assert "${{x}}" not in step.component.command
    assert step.environment_variables == {}
    assert step.with_variables({"A": "other"}).variables["A"] == "it's ${{x}} $HOME"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"identity": {"type": "managed"}}, "Azure ML drops identity"),
        ({"environment_variables": {"A": "b"}}, "Azure ML drops identity and environment_var"),
        ({"search_space": {}}, "'jobs.train.search_space'"),
        ({"search_space": {"other": {"type": "choice", "values": [1]}}}, "an input of the trial"),
        ({"search_space": {"raw": {"type": "choice", "values": [1]}}}, "and none of the step"),
        ({"search_space": {"lr": {"type": "choice", "values": [True]}}}, "valid integer"),
        ({"search_space": {"lr": {"type": "choice"}}}, "a space 'choice' has values"),
        ({"search_space": {"lr": {"type": "choice", "values": []}}}, "a choice needs values"),
        ({"search_space": {"lr": {"type": "uniform", "min_value": 1}}}, "min_value, max_value"),
        ({"sampling_algorithm": "grid"}, "'grid' does not draw from 'uniform'"),
        ({"sampling_algorithm": None}, "sampling_algorithm"),
        ({"objective": None}, "objective"),
        ({"limits": {"timeout": 3}}, "max_total_trials"),
        ({"limits": {"max_total_trials": 1001}}, "1000"),
        ({"early_termination": {"type": "bandit"}}, "either slack_factor or slack_amount"),
        ({"trial": None, "component": STEP["trial"]}, "Unknown key 'jobs.train.component'"),
        ({"description": "x"}, "Unknown key 'jobs.train.description'"),
    ],
)
def test_what_is_refused(changes: dict[str, Any], words: str) -> None:
    data = {"type": "pipeline", "jobs": {"train": {**STEP, **changes}}}
    with pytest.raises(DiagnosticError) as refused:
        load_text(json.dumps(data))
    told = " ".join(f"{d.message}" for d in refused.value.diagnostics)
    assert words in told
    assert "<sweep>" not in told
    assert {d.code for d in refused.value.diagnostics} == {"KAZ601"}
