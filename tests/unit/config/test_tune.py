"""``tune`` of a job: what it takes, and what it refuses before anything is compiled."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from kedro_azureml.config.models.tune import TuneConfig
from kedro_azureml.config.models.values import BadValueError

PLAIN: dict[str, Any] = {
    "nodes": ["train"],
    "parameters": {"model.depth": {"choice": [3, 5]}},
    "objective": {"metric": "score", "goal": "maximize"},
}


def tune(**changes: Any) -> TuneConfig:
    return TuneConfig.model_validate({**PLAIN, **changes})


def refusal(**changes: Any) -> str:
    """What a person is told."""
    with pytest.raises(ValidationError) as refused:
        tune(**changes)
    texts = []
    for details in refused.value.errors():
        own = details.get("ctx", {}).get("error")
        told = f"{own.message} {own.remedy}" if isinstance(own, BadValueError) else details["msg"]
        texts.append(f"{details['loc']} {told}")
    return "\n".join(texts)


def test_only_choices_are_a_grid_of_all_of_them() -> None:
    spaces = {"a": {"choice": [1, 2, 3]}, "b": {"choice": ["x", "y"]}}
    config = tune(parameters=spaces)
    assert (config.algorithm, config.combinations, config.max_total_trials) == ("grid", 6, 6)
    assert tune(parameters=spaces, sampling="random", limits={"max_total_trials": 4}).seed is None


def test_anything_else_is_drawn_at_random() -> None:
    config = tune(parameters={"a": {"uniform": [0, 1]}}, limits={"max_total_trials": 7})
    assert (config.algorithm, config.combinations, config.max_total_trials) == ("random", None, 7)


@pytest.mark.parametrize(
    ("space", "words"),
    [
        (3, "3 does not say how values are drawn"),
        ({"choice": [1], "uniform": [0, 1]}, "does not say how values are drawn"),
        ({"unifrom": [0, 1]}, "Did you mean 'uniform'?"),
        ({"choice": []}, "it has a list of values"),
        ({"choice": 3}, "it has a list of values"),
        ({"choice": [3, 5, 3]}, "3 is nothing for 'choice': it is there twice"),
        ({"choice": [float("nan")]}, "JSON cannot hold it"),
        ({"choice": [{1: "a"}]}, "JSON cannot hold it"),
        ({"uniform": [1, 0]}, "the first bound is less than the second"),
        ({"uniform": [0, 1, 2]}, "it has min_value and max_value"),
        ({"uniform": [0, float("inf")]}, "it has min_value and max_value"),
        ({"uniform": [False, True]}, "it has min_value and max_value"),
        ({"quniform": [0, 1, 0]}, "q is greater than 0"),
        ({"loguniform": [-6, -1]}, "the least and the greatest value, both greater than 0"),
        ({"normal": [0, 0]}, "sigma is greater than 0"),
        ({"randint": 0}, "the values are 0 to one less"),
        ({"choice": [1, 1.0]}, "1.0 is nothing for 'choice': it is there twice"),
        ({"uniform": [0, 10**400]}, "its values do not fit into a computer's numbers"),
        ({"lognormal": [0, 1000]}, "its values do not fit into a computer's numbers"),
        ({"randint": 10**400}, "its values do not fit into a computer's numbers"),
        ({"randint": 2.5}, "the values are 0 to one less"),
    ],
)
def test_spaces_that_are_refused(space: Any, words: str) -> None:
    told = refusal(parameters={"model.depth": space})
    assert words in told
    assert "'model.depth'" in told


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"nodes": []}, "The nodes to tune are not named."),
        ({"tags": ["x"]}, "named in several ways"),
        ({"parameters": {}}, "at least 1 item"),
        ({"objective": {"metric": "score"}}, "goal"),
        ({"objective": {"metric": "a;b", "goal": "minimize"}}, "is no name of a metric"),
        ({"objective": {"metric": "", "goal": "minimize"}}, "metric"),
        ({"sampling": "bayes"}, "'grid', 'random' or 'bayesian'"),
        ({"seed": 3}, "The sampling 'grid' has no seed."),
        (
            {"parameters": {"a": {"uniform": [0, 1]}}, "sampling": "grid"},
            "'grid' does not draw from 'uniform', as 'a' has it",
        ),
        (
            {"parameters": {"a": {"randint": 3}}, "sampling": "bayesian"},
            "'bayesian' does not draw from 'randint'",
        ),
        ({"parameters": {"a": {"uniform": [0, 1]}}}, "'limits.max_total_trials' is missing"),
        ({"parameters": {"a": {"choice": list(range(1001))}}}, "The grid has 1001 combinations"),
        ({"limits": {"max_total_trials": 1001}}, "less than or equal to 1000"),
        ({"limits": {"max_total_trials": 0}}, "greater than or equal to 1"),
        ({"limits": {"trial_timeout": 0}}, "greater than or equal to 1"),
        ({"early_termination": {"type": "bandit"}}, "either slack_factor or slack_amount"),
        (
            {"early_termination": {"type": "bandit", "slack_factor": 1, "slack_amount": 1}},
            "either slack_factor or slack_amount",
        ),
        ({"early_termination": {"type": "truncation_selection"}}, "truncation_percentage"),
        (
            {"early_termination": {"type": "median_stopping", "slack_amount": 1}},
            "only a bandit has slack_amount",
        ),
    ],
)
def test_what_is_refused(changes: dict[str, Any], words: str) -> None:
    assert words in refusal(**changes)
