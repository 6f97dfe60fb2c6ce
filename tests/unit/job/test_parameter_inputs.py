"""Parameters as inputs of the job: a value survives the document, the service and the shell."""

from __future__ import annotations

import shlex
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from kedro_azureml.job.expressions import render_command, render_literal
from kedro_azureml.job.parameter_inputs import (
    ParameterInput,
    component_type,
    inputs_in,
    parameter_properties,
    read,
    type_of,
    typed,
    written,
)
from kedro_azureml.job.step_record import ArgumentError, StepRecord
from kedro_azureml.step.errors import StepError
from kedro_azureml.step.parameters import with_parameters
from tests.kit.nasty import JSON, NASTY


def sent(value: Any) -> str:
    """What the service keeps of a value: the document's literal, which the SDK renders."""
    literal = written(value, type_of(value))
    text = render_literal(yaml.safe_load(yaml.safe_dump(literal)))
    assert text, "the service drops an empty text"
    return text


@given(JSON)
def test_a_value_comes_back_as_it_was(value: Any) -> None:
    assert read(sent(value), type_of(value)) == value


@given(st.dictionaries(NASTY, JSON, max_size=4))
def test_a_value_goes_through_the_command_and_a_shell(values: dict[str, Any]) -> None:
    record = StepRecord(
        "p",
        ("n",),
        parameter_inputs={
            name: ParameterInput(type_of(value), f"${{{{inputs.i{number}}}}}")
            for number, (name, value) in enumerate(values.items())
        },
    )
    assert StepRecord.from_command(record.command()) == record
    texts: dict[str, str | None] = {f"i{n}": sent(v) for n, v in enumerate(values.values())}
    command = render_command(record.command(), texts, {})
    assert not {"$", "\n"} & set(command)
    in_step = StepRecord.from_arguments(shlex.split(command)[3:])
    found = {n: read(given.value, given.type) for n, given in in_step.parameter_inputs.items()}
    assert found == values


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("7", "integer", 7),
        ("True", "boolean", True),
        ("false", "boolean", False),
        ("1e-07", "number", 1e-7),
        ("3", "number", 3.0),
        ("a text", "string", "a text"),
        ('"', "string", None),
        ('""', "string", ""),
        ("[1, {a: b}]", "json", None),
        ('[1, {"a": "b"}]', "json", [1, {"a": "b"}]),
        ("7.5", "integer", None),
        ("yes", "boolean", None),
        ("nan", "number", None),
    ],
)
def test_what_somebody_else_writes_into_an_input(text: str, kind: Any, value: Any) -> None:
    if value is not None:
        assert read(text, kind) == value
        return
    with pytest.raises(ValueError, match=r"^it is not (a|true|JSON)"):
        read(text, kind)


@pytest.mark.parametrize(
    ("text", "kind", "literal"),
    [
        ("7", "integer", 7),
        ("true", "boolean", True),
        ("", "string", '""'),
        ("007", "string", "007"),
        ("it's", "string", '"it\\u0027s"'),
        ("[a, 1]", "json", '["a", 1]'),
        ("{a: null}", "json", '{"a": null}'),
        ("0.5", "number", 0.5),
    ],
)
def test_what_somebody_types(text: str, kind: Any, literal: Any) -> None:
    assert typed(text, kind) == literal


@pytest.mark.parametrize(("text", "kind"), [("{1: a}", "json"), ("2027-02-30", "date")])
def test_what_would_be_another_value_in_the_step(text: str, kind: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        typed(text, kind)
    with pytest.raises(TypeError):
        written({1: "a"} if kind == "json" else text, kind)


def test_a_great_integer_keeps_its_digits() -> None:
    assert type_of(2**60) == "json"
    assert component_type("json") == "string"


def test_the_properties_of_a_job_come_from_anywhere() -> None:
    described = {"model_depth": ("model.depth", type_of(1))}
    assert inputs_in(parameter_properties(described)) == described
    assert parameter_properties({}) == {}
    key = next(iter(parameter_properties(described)))
    for text in ("", "[]", "7", '{"a": 1}', '{"a": ["b", "c"]}', "{"):
        assert inputs_in({key: text}) == {}


def test_params_are_laid_over_inputs() -> None:
    record = StepRecord(
        "p",
        ("n",),
        parameters={"model": {"alpha": 0.5}},
        parameter_inputs={"model.depth": ParameterInput("integer", "7")},
    )
    assert with_parameters(record).parameters == {"model": {"depth": 7, "alpha": 0.5}}
    bad = StepRecord("p", ("n",), parameter_inputs={"a.b": ParameterInput("integer", "secret")})
    with pytest.raises(StepError, match=r"'a\.b' cannot be used: it is not a whole number") as said:
        with_parameters(bad)
    assert "secret" not in str(said.value)


@pytest.mark.parametrize("words", [["a"], ["a", "integer"], ["a", "day", "1"]])
def test_a_command_that_names_no_such_type(words: list[str]) -> None:
    with pytest.raises(ArgumentError, match="--parameter"):
        StepRecord.from_arguments(["--pipeline", "p", "--node", "n", "--parameter", *words])
