"""The combinations of a sweep, and what they are called."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from kedro_azureml.compiler.sweep.combinations import combine
from kedro_azureml.config.models.sweep import SweepConfig
from kedro_azureml.diagnostics import DiagnosticError
from kedro_azureml.job.parameter_inputs import read

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=30) | st.sampled_from(["number1", "number2", "NUMBER2", "number2_"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=4,
)  # fmt: skip


@given(
    st.dictionaries(
        st.sampled_from(
            ["alpha", "model.alpha", "model.depth", "größe.x", "a b", "Alpha", "parameter2"]
        ),
        st.lists(JSON, min_size=1, max_size=4, unique_by=lambda value: json.dumps(value)),
        min_size=1,
        max_size=3,
    )
)
def test_labels_differ_and_values_survive(parameters: dict[str, list[Any]]) -> None:
    combinations = combine(SweepConfig(parameters=parameters), "--sweep")
    labels = [combinations.label(row, set(parameters)) for row in combinations.rows]
    assert len({label.lower() for label in labels}) == len(labels)
    for label in labels:
        assert label.isascii()
        assert label.isprintable()
        assert not set(label) & set("/\\ '\"$`[]{}*?:;<>|&")
    for each in combinations.swept:
        back = [read(str(each.literal(p)), each.type) for p in range(len(each.values))]
        assert list(map(json.dumps, back)) == list(map(json.dumps, each.values))


def test_a_value_that_looks_like_a_number_of_another_one_keeps_its_name() -> None:
    combinations = combine(SweepConfig(parameters={"a": [" ", "b", "number1"]}), "here")
    labels = [combinations.label(row, {"a"}) for row in combinations.rows]
    assert labels == ["a=number1_", "a=b", "a=number1"]


def test_many_long_values_make_no_name_that_is_too_long() -> None:
    many = {f"the_parameter_number_{n}": ["v" * 24, "w" * 24] for n in range(8)}
    combinations = combine(SweepConfig(parameters=many), "here")
    labels = [combinations.label(row, set(many)) for row in combinations.rows]
    assert max(map(len, labels)) < 100
    assert len(set(labels)) == 2**8
    assert labels[1] == "numbers=1,1,1,1,1,1,1,2"
    assert combinations.label(combinations.rows[1], {"the_parameter_number_7"}) == (
        f"the_parameter_number_7={'w' * 24}"
    )


def test_values_go_together_with_zip() -> None:
    sweep = SweepConfig(parameters={"a": [1, 1, 2], "b": ["x", "y", "x"]}, zip=True)
    combinations = combine(sweep, "--sweep")
    assert [combinations.values(row) for row in combinations.rows] == [
        {"a": 1, "b": "x"},
        {"a": 1, "b": "y"},
        {"a": 2, "b": "x"},
    ]


def test_kinds_that_look_alike_are_different_values() -> None:
    combinations = combine(SweepConfig(parameters={"a": [1, 1.0, "1", True, "true"]}), "here")
    labels = [combinations.label(row, {"a"}) for row in combinations.rows]
    assert labels == ["a=1", "a=1.0", "a=number3", "a=true", "a=number5"]


@pytest.mark.parametrize(
    ("sweep", "code"),
    [
        ({"parameters": {"a": [1, 2, 1]}}, "KAZ261"),
        ({"parameters": {"a": [1, 1], "b": [2, 2]}, "zip": True}, "KAZ261"),
        ({"parameters": {"a": list(range(40)), "b": list(range(40))}}, "KAZ262"),
    ],
)
def test_what_cannot_be_combined_is_refused(sweep: dict[str, Any], code: str) -> None:
    with pytest.raises(DiagnosticError) as caught:
        combine(SweepConfig.model_validate(sweep), "--sweep")
    assert caught.value.diagnostics[0].code == code


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({}, "No parameter"),
        ({"a": []}, "'a' has no values"),
        ({"a..b": [1]}, "no parameter's name"),
        ({"a": [1], "a.b": [2]}, "'a.b' is a part of 'a'"),
        ({"a": [1], "a-x": [2], "a.b": [2]}, "'a.b' is a part of 'a'"),
        ({"a": [float("inf")]}, "no number of JSON"),
        ({"a": [object()]}, "which is a object"),
        ({"a": [{1: "a", "b": 2}]}, "which is a dict"),
    ],
)
def test_what_is_no_sweep_is_refused(parameters: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        SweepConfig(parameters=parameters)


@pytest.mark.parametrize("bound", [True, 0, 2.0, "2"])
def test_a_bound_is_a_number(bound: Any) -> None:
    with pytest.raises(ValidationError, match="max_concurrent"):
        SweepConfig(parameters={"a": [1]}, max_concurrent=bound)
